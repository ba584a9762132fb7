import { findIneffectiveEntries } from "../../../local/ops/ineffective-entries.ts";

const slack = (url: unknown) => ({ kind: "slack", url });

test("a target that is always refused is reported with its name and the egress rule, without its URL", () => {
  const faults = findIneffectiveEntries({
    targets: {
      well: slack("https://hooks.slack.com/services/hunter2"),
      literal: slack("http://10.0.0.1/hunter2"),
      plain: slack("http://hooks.example/hunter2"),
      inside: slack("https://wiki.corp/hunter2"),
      listed: slack("http://wiki.lan:8080/hunter2"),
    },
    settings: { egress: { allow: ["wiki.lan:8080"] } },
  });
  expect(faults.map((fault) => fault.replace(/^(\S+) .*\((\w+)\).*/, "$1 $2"))).toEqual([
    "targets.literal.url: egress_literal_address",
    "targets.plain.url: egress_scheme",
    "targets.inside.url: egress_private_name",
  ]);
  expect(faults.join()).not.toContain("hunter2");
});

test("a project with a plain http URL is reported, unless the host is in the allow list", () => {
  const faults = findIneffectiveEntries({
    projects: {
      plain: { endpoint: "http://cce.example", auth: { iamEndpoint: "http://iam.example/v3" } },
      listed: { endpoint: "http://cce.lan:8080", auth: { iamEndpoint: "http://10.1.2.3" } },
      safe: { endpoint: "https://cce.example", auth: { kind: "token" } },
      malformed: { endpoint: 7, auth: null },
    },
    settings: { egress: { allow: ["cce.lan:8080", "10.0.0.0/8"] } },
  });
  expect(faults.map((fault) => fault.replace(/ .*/, ""))).toEqual([
    "projects.plain.endpoint:",
    "projects.plain.auth.iamEndpoint:",
  ]);
});

test("entries that allow nothing are reported with their path", () => {
  const settings = {
    egress: { allow: ["not a host!!", "10.0.0.0/99", "10.0.0.0/8", "wiki.lan:8080"] },
    callbackHosts: [
      "https://x/y",
      "10.1.2.0/24",
      "ci.example",
      "wiki.lan",
      "wiki.lan:8080",
      "fd00::1",
      "ci.corp",
    ],
  };
  expect(findIneffectiveEntries({ settings }).map((fault) => fault.replace(/ \(\w+\).*/, ""))).toEqual([
    "settings.egress.allow.0: must be a host, host:port, address or CIDR. It allows nothing",
    "settings.egress.allow.1: must be a host, host:port, address or CIDR. It allows nothing",
    "settings.callbackHosts.0: must be a host or host:port. It allows no callbackUrl",
    "settings.callbackHosts.1: must be a host or host:port. It allows no callbackUrl",
    "settings.callbackHosts.5: every callback would be refused",
    "settings.callbackHosts.6: every callback would be refused",
  ]);
});

test.each([
  null,
  [],
  { targets: 7, settings: 7 },
  { targets: { a: 7, b: slack(7), c: slack("https://") } },
  { settings: { egress: 7, callbackHosts: 7 } },
  { settings: { egress: { allow: [7, ""] }, callbackHosts: [7, ""] } },
])("parts with a wrong type are ignored: %j", (document) => {
  expect(findIneffectiveEntries(document)).toEqual([]);
});

test.each(["ftp://a.example/x", "mailto:a@b.example", "file:///etc/passwd"])(
  "a target with the URL %s is reported",
  (url) => {
    expect(findIneffectiveEntries({ targets: { a: { kind: "slack", url } } })).toEqual([
      "targets.a.url: must start with https:// or http://",
    ]);
  },
);

test("two explicit bounds that contradict each other are reported", () => {
  const faultsOf = (poll: object) => findIneffectiveEntries({ settings: { poll } });
  expect(faultsOf({ minDelaySeconds: 100, maxDelaySeconds: 5 })).toEqual([
    "settings.poll.minDelaySeconds: must not be more than maxDelaySeconds, which is used instead",
  ]);
  expect(faultsOf({ maxDelaySeconds: 1 })).toEqual([]);
});

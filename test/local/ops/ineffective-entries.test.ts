import { uselessEntries } from "../../../local/ops/ineffective-entries.ts";

const slack = (url: unknown) => ({ kind: "slack", url });

test("a target that is refused at every attempt is told by its name and the rule, never by its URL", () => {
  const faults = uselessEntries({
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

test("entries that permit nothing are told by their place", () => {
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
  expect(
    uselessEntries({ settings }).map((fault) => fault.replace(/^(\S+) (\S+ \S+ ?\S*) .*/, "$1 $2")),
  ).toEqual([
    "settings.egress.allow.0: permits nothing: it",
    "settings.egress.allow.1: permits nothing: it",
    "settings.callbackHosts.0: lets no callbackUrl",
    "settings.callbackHosts.1: lets no callbackUrl",
    "settings.callbackHosts.5: every call would",
    "settings.callbackHosts.6: every call would",
  ]);
});

test.each([
  null,
  [],
  { targets: 7, settings: 7 },
  { targets: { a: 7, b: slack(7), c: slack("https://") } },
  { settings: { egress: 7, callbackHosts: 7 } },
  { settings: { egress: { allow: [7, ""] }, callbackHosts: [7, ""] } },
])("what has no form is for others to tell: %j", (document) => {
  expect(uselessEntries(document)).toEqual([]);
});

test.each(["ftp://a.example/x", "mailto:a@b.example", "file:///etc/passwd"])(
  "a target is not at %s",
  (url) => {
    expect(uselessEntries({ targets: { a: { kind: "slack", url } } })).toEqual([
      "targets.a.url: must start with https:// or http://",
    ]);
  },
);

test("bounds that exclude each other are told where both were written", () => {
  const faultsOf = (poll: object) => uselessEntries({ settings: { poll } });
  expect(faultsOf({ minDelaySeconds: 100, maxDelaySeconds: 5 })).toEqual([
    "settings.poll.minDelaySeconds: is more than maxDelaySeconds, which holds then",
  ]);
  expect(faultsOf({ maxDelaySeconds: 1 })).toEqual([]);
});

import { parseWholeConfig } from "../../../lib/config/parse-whole-config.ts";
import type { Secret } from "../../../lib/domain/secret.ts";

const project = { projectId: "0bcc", region: "eu-de", auth: { kind: "token", token: "t" } };
const slack = { kind: "slack", url: "https://hooks.slack.com/services/T0/B0/XXXX" };

function faultsOf(document: unknown): readonly string[] {
  const parsed = parseWholeConfig(document);
  return parsed.kind === "faults" ? parsed.faults : [];
}

it("refuses the name __proto__ everywhere, and drops no entry with this name", () => {
  const rights = { projects: [], targets: [], operations: [] };
  const rule = { issuer: "https://ci.example.com", audience: "cce", claims: { sub: "a" }, ...rights };
  const audit = {
    kind: "webhook",
    url: "https://a.example.com/",
    secrets: [`whsec_${btoa("0".repeat(24))}`],
  };
  const document = {
    projects: { prod: { ...project, discover: { notify: [], labels: { team: "a" } } } },
    targets: { audit: { ...audit, headers: { "x-env": "prod" } } },
    tokens: { ci: { sha256: "a".repeat(64), ...rights } },
    oidc: [rule],
  };
  expect(faultsOf(document)).toEqual([]);
  const text = JSON.stringify(document);
  const faults = ["prod", "team", "audit", "x-env", "ci", "sub"].map((name) => {
    return faultsOf(JSON.parse(text.replace(`"${name}":`, '"__proto__":'))).join();
  });
  expect(faults).toEqual(
    [
      "projects",
      "projects.prod.discover.labels",
      "targets",
      "targets.audit.headers",
      "tokens",
      "oidc[0].claims",
    ].map((path) => `${path}.__proto__: is not allowed as a name`),
  );
});

it("adds every default to a small config", () => {
  const parsed = parseWholeConfig({ projects: { prod: project }, targets: { deploys: slack } });
  if (parsed.kind === "faults") throw new Error(parsed.faults.join("; "));
  const { projects, targets, settings, tokens, oidc } = parsed.config;
  expect(projects.prod).toMatchObject({ linkVersion: 0, readyMinutes: 15 });
  const discovered = parseWholeConfig({ projects: { prod: { ...project, discover: { notify: [] } } } });
  expect(discovered).toMatchObject({ config: { projects: { prod: { discover: { everyMinutes: 2 } } } } });
  expect(targets.deploys?.on).toEqual(["succeeded", "failed", "not_ready", "timed_out", "lost"]);
  expect([tokens, oidc]).toEqual([{}, []]);
  expect(settings).toEqual({
    defaultTargets: [],
    deadlineMinutes: 120,
    identityTokenMinutes: 60,
    maxPolls: 500,
    poll: {
      pollCostSeconds: 1,
      minDelaySeconds: 2,
      maxDelaySeconds: 900,
      goneGraceSeconds: 120,
      accessErrorSeconds: 600,
    },
    retry: { scheduleSeconds: [0, 5, 30, 120, 600, 1800, 7200, 21600, 43200] },
    callbackHosts: [],
    callbackSecrets: [],
    egress: { allow: [] },
    linkKeys: [],
    linkDays: 30,
    pages: { list: false, labels: false, answers: false },
    limits: { callbacksPerWatch: 5, targetsPerWatch: 50, watchesPerCaller: 5000, requestsPerMinute: 1200 },
    retentionDays: 30,
  });
});

it("reports all faults at once, each with its path", () => {
  const faults = faultsOf({
    projects: { prod: { projectId: "0bcc", auth: { kind: "token", token: "" } } },
    targets: {
      deploys: { kind: "slack", url: "not a url" },
      audit: { kind: "webhook", url: "https://a.example", secrets: ["whsec_c2hvcnQ="] },
    },
    tokens: { ci: { sha256: "12", projects: ["prod"], operations: ["delete"] } },
    settings: { deadlineMinutes: -1, retries: 3 },
  });
  expect(faults).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^projects\.prod\.auth\.token: must not be empty/),
      expect.stringMatching(/^targets\.deploys\.url: must be a URL/),
      expect.stringMatching(/^targets\.audit\.secrets\[0\]: must be 'whsec_'.*24 to 64 bytes/),
      expect.stringMatching(/^tokens\.ci\.sha256: must be 64 hexadecimal digits/),
      "tokens.ci.targets: is missing",
      "tokens.ci.operations[0]: must be one of 'watch', 'read', 'stop', 'redeliver', 'test', '*'",
      expect.stringMatching(/^settings\.deadlineMinutes:/),
      expect.stringMatching(/^settings: .*retries/),
    ]),
  );
});

it.each(["projects", "targets", "operations"] as const)("requires `%s` of each token and rule", (missing) => {
  const { [missing]: _, ...incomplete } = { projects: [], targets: [], operations: [] };
  const oidc = [{ ...incomplete, issuer: "https://i.example", audience: "us", claims: { sub: "*" } }];
  expect(faultsOf({ tokens: { ci: { ...incomplete, sha256: "a".repeat(64) } }, oidc })).toEqual([
    `tokens.ci.${missing}: is missing`,
    `oidc[0].${missing}: is missing`,
  ]);
});

it("describes invalid names and values with several forms", () => {
  const rights = { projects: ["prod"], targets: ["*"], operations: ["*"] };
  const faults = faultsOf({
    projects: { prod: project },
    targets: {
      audit: {
        kind: "webhook",
        url: "https://a.example",
        secrets: [`whsec_${"A".repeat(32)}`],
        headers: { Host: "x" },
      },
    },
    tokens: {
      "bad name!": { sha256: "a".repeat(64), ...rights },
      ci: { ...rights, sha256: 12, projects: [12] },
    },
  });
  expect(faults.toSorted()).toEqual([
    "targets.audit.headers.Host: is a reserved header name, so the config cannot set this header",
    "tokens.bad name!: must be 1 to 64 letters, digits, '_' or '-', starting with a letter or digit",
    "tokens.ci.projects[0]: must be a name from the config, or * for all",
    "tokens.ci.sha256: must be the SHA-256 of a token, or an array of up to 4 of them (npm run token makes one)",
  ]);
});

it.each(["accessKey", "secretKey", "securityToken"])("removes a line break at the end of the %s", (field) => {
  const auth = { kind: "aksk", accessKey: "AK", secretKey: "SK", [field]: "value\n" };
  const parsed = parseWholeConfig({ projects: { prod: { ...project, auth } } });
  const read = parsed.kind === "config" ? parsed.config.projects.prod?.auth : undefined;
  expect((read as Record<string, Secret> | undefined)?.[field]?.reveal()).toBe("value");
});

it.each([
  [{ region: "eu-de" }, []],
  [{ endpoint: "https://cce.example.com" }, []],
  [{ region: "eu-de", endpoint: "https://cce.example.com" }, []],
  [{}, ["projects.prod.region: is missing: a project needs a region or an endpoint"]],
])("a project with the address %j has the faults %j", (address, faults) => {
  const { region: _, ...others } = project;
  expect(faultsOf({ projects: { prod: { ...others, ...address } } })).toEqual(faults);
});

it("reports unknown projects and targets next to malformed parts, and each malformed part once", () => {
  expect(
    faultsOf({
      projects: {
        prod: { ...project, region: "!", discover: { notify: ["deploys", "prod"] } },
        none: { projectId: "p", auth: 7 },
      },
      targets: { deploys: { ...slack, url: 7 } },
      tokens: { ci: { sha256: "12", projects: ["prd", "a b", 7], targets: ["*", "deploys"] }, odd: 7 },
      oidc: [{ projects: ["prd"] }, 7],
      settings: { defaultProject: "prd", fallbackTarget: "deploy", defaultTargets: 7, maxPolls: 0 },
    }).filter((fault) => /unknown|needs a region/.test(fault)),
  ).toEqual([
    "projects.none.region: is missing: a project needs a region or an endpoint",
    "tokens.ci.projects[0]: unknown project 'prd'. Known projects: prod, none",
    "oidc[0].projects[0]: unknown project 'prd'. Known projects: prod, none",
    "projects.prod.discover.notify[1]: unknown target 'prod'. Known targets: deploys",
    "settings.defaultProject: unknown project 'prd'. Known projects: prod, none",
    "settings.fallbackTarget: unknown target 'deploy'. Known targets: deploys",
  ]);
});

it.each([null, [], "text", 7])("reports one fault for a document that is not an object (%j)", (document) => {
  expect(faultsOf(document)).toEqual([expect.stringMatching(/^\(the document\): /)]);
});

it("accepts values that make only one target or only the polls useless", () => {
  const poll = { minDelaySeconds: 100, maxDelaySeconds: 5 };
  expect(faultsOf({ targets: { a: { ...slack, url: "ftp://a.example/x" } }, settings: { poll } })).toEqual(
    [],
  );
});

it("accepts a minimum delay without a maximum delay, and a maximum delay without a minimum delay", () => {
  expect(faultsOf({ settings: { poll: { maxDelaySeconds: 1 } } })).toEqual([]);
  expect(faultsOf({ settings: { poll: { minDelaySeconds: 5, maxDelaySeconds: 5 } } })).toEqual([]);
});

it.each([
  ["https://jobs.example", true],
  ["http://127.0.0.1:4000", true],
  ["ftp://jobs.example", false],
  ["jobs.example", false],
])("accepts the public URL %s: %s", (publicUrl, valid) => {
  const fault =
    "settings.publicUrl: must be a URL that starts with https:// (or http:// in a private network)";
  expect(faultsOf({ settings: { publicUrl } })).toEqual(valid ? [] : [fault]);
});

it("puts no secret into a fault", () => {
  const faults = faultsOf({
    targets: { a: { kind: "slack", url: "hunter2 no url", extra: "hunter2" } },
    projects: {
      p: {
        projectId: "hunter2 !",
        region: "eu-de",
        auth: { kind: "aksk", accessKey: 7, secretKey: ["hunter2"] },
      },
    },
  });
  expect(faults.length).toBeGreaterThanOrEqual(4);
  expect(faults.join("\n")).not.toContain("hunter2");
});

it("names a header that the service sets itself", () => {
  const faults = faultsOf({
    targets: {
      a: {
        kind: "webhook",
        url: "https://a.example",
        secrets: [`whsec_${"A".repeat(32)}`],
        headers: { "Webhook-Id": "x" },
      },
    },
  });
  expect(faults).toHaveLength(1);
  expect(faults[0]).toContain("Webhook-Id");
});

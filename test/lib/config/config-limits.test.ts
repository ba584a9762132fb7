import { randomBytes } from "node:crypto";
import { PublicTarget } from "../../../lib/channels/channel.ts";
import { createConfigParser } from "../../../lib/config/config.ts";
import { parseWholeConfig } from "../../../lib/config/parse-whole-config.ts";
import { PublicProject } from "../../../lib/config/projects.ts";

const PROJECT = { projectId: "0bcc", region: "eu-de", auth: { kind: "token", token: "t" } };
const RIGHTS = { projects: ["*"], targets: [], operations: [] };
const RULE = { ...RIGHTS, issuer: "https://ci.example.com", audience: "cce", claims: { sub: "a" } };
const TARGETS = { chat: { kind: "slack", url: "https://hooks.slack.com/services/T0/B0/XXXX" } };
const SHA256 = "a".repeat(64);
const TOPIC = "urn:smn:eu-de:0bcc:cce-events";

/** Returns an object with one value at a path such as `poll.minDelaySeconds`. */
function nest(path: string, value: unknown): object {
  const [name = "", ...rest] = path.split(".");
  return { [name]: rest.length === 0 ? value : nest(rest.join("."), value) };
}

function faultsOf(document: object): readonly string[] {
  const parsed = parseWholeConfig({ targets: TARGETS, ...document });
  return parsed.kind === "faults" ? parsed.faults : [];
}

/** Creates a config with one changed value of a part. */
const DOCUMENTS = {
  settings: (path: string, value: unknown) => ({ settings: nest(path, value) }),
  project: (path: string, value: unknown) => {
    const auth = { kind: "password", domain: "d", user: "u", password: "p" };
    const [head, field = ""] = path.split(".");
    const changes =
      head === "auth"
        ? { auth: { ...auth, [field]: value } }
        : head === "discover"
          ? { discover: { notify: [], [field]: value } }
          : { [path]: value };
    return { projects: { prod: { ...PROJECT, ...changes } } };
  },
  token: (path: string, value: unknown) => ({
    tokens: { ci: { ...RIGHTS, sha256: SHA256, ...nest(path, value) } },
  }),
  rule: (path: string, value: unknown) => ({ oidc: [{ ...RULE, ...nest(path, value) }] }),
};

type Part = keyof typeof DOCUMENTS;
const many = (count: number, value: unknown) => Array.from({ length: count }, () => value);
const key = () => randomBytes(32).toString("hex");
const signingKey = `whsec_${btoa("0".repeat(24))}`;
const url = {
  accepted: ["https://a.example", "https://a.example:8443/x"],
  refused: ["a.example", "ftp://a.example"],
};
const limit = { accepted: [0, 1_000_000], refused: [-1, 1.5, 1_000_001] };

/** For each value of the config, values within its limits and values outside of its limits. */
const LIMITS: readonly (readonly [Part, path: string, { accepted: unknown[]; refused: unknown[] }])[] = [
  ["settings", "deadlineMinutes", { accepted: [0.1, 10_080], refused: [0, 10_081] }],
  ["settings", "identityTokenMinutes", { accepted: [0.1, 10_080], refused: [0, 10_081] }],
  ["settings", "maxPolls", { accepted: [1, 100_000], refused: [0, 1.5, 100_001] }],
  ["settings", "poll.pollCostSeconds", { accepted: [0.1, 3600], refused: [0, 3601] }],
  ["settings", "poll.minDelaySeconds", { accepted: [0, 900], refused: [-0.1, 901] }],
  ["settings", "poll.maxDelaySeconds", { accepted: [1, 900], refused: [0.9, 901] }],
  ["settings", "poll.goneGraceSeconds", { accepted: [0, 3600], refused: [-1, 3601] }],
  ["settings", "poll.queriesPerFiveMinutes", { accepted: [10, 1_000_000], refused: [9, 10.5, 1_000_001] }],
  ["settings", "poll.accessErrorSeconds", { accepted: [0, 86_400], refused: [-1, 86_401] }],
  [
    "settings",
    "retry.scheduleSeconds",
    { accepted: [[0], many(30, 43_200)], refused: [[], many(31, 1), [43_201], [-1], ["5"]] },
  ],
  [
    "settings",
    "callbackHosts",
    { accepted: [[], ["a".repeat(300)]], refused: [[""], ["a".repeat(301)], "a"] },
  ],
  ["settings", "egress.allow", { accepted: [[], ["10.0.0.0/8"]], refused: [[""]] }],
  ["settings", "callbackSecrets", { accepted: [many(5, signingKey)], refused: [many(6, signingKey)] }],
  ["settings", "linkKeys", { accepted: [[key(), key()]], refused: [[key(), key(), key()]] }],
  ["settings", "linkDays", { accepted: [0.5, 3650], refused: [0, 3651] }],
  ["settings", "retentionDays", { accepted: [0.5, 3650], refused: [0, 3651] }],
  ["settings", "limits.callbacksPerWatch", limit],
  ["settings", "limits.targetsPerWatch", limit],
  ["settings", "limits.watchesPerCaller", limit],
  ["settings", "limits.requestsPerMinute", limit],
  ["settings", "pages.list", { accepted: [true], refused: ["yes"] }],
  ["settings", "defaultTargets", { accepted: [["chat"]], refused: [["none"], ["a b"]] }],
  [
    "project",
    "projectId",
    { accepted: ["a", "A_-9".repeat(16)], refused: ["", "a".repeat(65), "a/b", "a\n"] },
  ],
  [
    "project",
    "region",
    { accepted: ["eu", "a-9".padEnd(40, "x")], refused: ["e", "EU", "x".repeat(41), "-é"] },
  ],
  ["project", "endpoint", url],
  ["project", "autopilot", { accepted: [true, false], refused: ["yes"] }],
  ["project", "until", { accepted: ["ready"], refused: ["done"] }],
  ["project", "readyMinutes", { accepted: [0.1, 1440], refused: [0, 1441] }],
  ["project", "linkVersion", { accepted: [0, 7], refused: [-1, 1.5] }],
  ["project", "discover.everyMinutes", { accepted: [1, 60], refused: [0.9, 61] }],
  [
    "project",
    "discover.types",
    { accepted: [["CreateNode"], many(100, "a")], refused: [[], many(101, "a"), [""]] },
  ],
  ["project", "discover.notify", { accepted: [[], many(50, "chat")], refused: [many(51, "chat"), ["none"]] }],
  [
    "project",
    "discover.topics",
    {
      accepted: [[TOPIC], many(10, TOPIC)],
      refused: [
        [],
        many(11, TOPIC),
        [`x${TOPIC}`],
        [`${TOPIC}:x`],
        ["urn:smn:eu-de:0bcc:"],
        ["urn:smn:e:0bcc:a"],
      ],
    },
  ],
  ["project", "discover.smnEndpoint", url],
  ["project", "auth.iamEndpoint", url],
  ["project", "auth.domain", { accepted: ["d"], refused: [""] }],
  ["project", "auth.user", { accepted: ["u"], refused: [""] }],
  ["project", "auth.password", { accepted: ["p"], refused: [""] }],
  ["project", "auth.kind", { accepted: ["password"], refused: ["other"] }],
  [
    "token",
    "sha256",
    {
      accepted: [SHA256, "A".repeat(64), [SHA256], many(4, SHA256)],
      refused: ["a".repeat(63), "a".repeat(65), `x${SHA256}`, [], many(5, SHA256)],
    },
  ],
  ["token", "projects", { accepted: [[], ["*"]], refused: [["none"], "*", ["**"]] }],
  ["token", "targets", { accepted: [[], ["*"], ["chat"]], refused: [["none"], "*"] }],
  [
    "token",
    "operations",
    { accepted: [["watch", "read", "stop", "redeliver", "test"], ["*"]], refused: [["write"], ""] },
  ],
  ["rule", "issuer", url],
  ["rule", "jwksUri", url],
  ["rule", "audience", { accepted: ["cce"], refused: [""] }],
  ["rule", "claims", { accepted: [{ sub: "*" }], refused: [{}, { sub: "" }, { sub: 1 }] }],
];

it.each(LIMITS)("a %s has the value %s only within its limits", (part, path, { accepted, refused }) => {
  const faults = (value: unknown) => faultsOf(DOCUMENTS[part](path, value));
  expect(accepted.flatMap(faults)).toEqual([]);
  expect(refused.filter((value) => faults(value).length === 0)).toEqual([]);
});

it.each<[Part, string]>([
  ["settings", "other"],
  ["settings", "poll.other"],
  ["settings", "retry.other"],
  ["settings", "limits.other"],
  ["settings", "pages.other"],
  ["settings", "egress.other"],
  ["project", "other"],
  ["project", "discover.other"],
  ["project", "auth.other"],
  ["token", "other"],
  ["rule", "other"],
])("a %s has no field %s", (part, path) => {
  expect(faultsOf(DOCUMENTS[part](path, 1))).toEqual([expect.stringContaining("'other'")]);
});

it("a project needs a region or an endpoint", () => {
  const { region, ...without } = PROJECT;
  const faultsWith = (fields: object) => faultsOf({ projects: { prod: { ...without, ...fields } } });
  expect(faultsWith({})).toEqual([
    "projects.prod.region: is missing: a project needs a region or an endpoint",
  ]);
  expect(faultsWith({ region })).toEqual([]);
  expect(faultsWith({ endpoint: "https://cce.example" })).toEqual([]);
});

it("the public URL loses the slashes at its end", () => {
  const parsed = parseWholeConfig({ settings: { publicUrl: "https://a.example/x//" } });
  expect(parsed).toMatchObject({ config: { settings: { publicUrl: "https://a.example/x" } } });
});

it.each<[Part, path: string, value: unknown, fault: string]>([
  ["project", "projectId", "", "must be the project ID that the console of the cloud shows"],
  ["project", "region", "EU", "must be a region's ID such as eu-de"],
  ["project", "endpoint", "x", "must be the URL of the CCE API, starting with https://"],
  ["project", "auth.iamEndpoint", "x", "must be the URL of IAM, starting with https://"],
  ["project", "discover.smnEndpoint", "x", "must be the URL of SMN, starting with https://"],
  ["project", "discover.notify", many(51, "chat"), "must have at most 50 targets"],
  [
    "project",
    "discover.topics",
    ["x"],
    "must be the URN of an SMN topic, such as urn:smn:eu-de:0123456789abcdef0123456789abcdef:cce-events",
  ],
  ["rule", "issuer", "x", "must be the issuer's URL"],
  ["rule", "jwksUri", "x", "must be the URL of the issuer's key set"],
  ["rule", "claims", {}, "must have at least one claim, or every user of the issuer has access"],
])("the fault of a %s with a wrong value %s says what must be there", (part, path, value, fault) => {
  expect(faultsOf(DOCUMENTS[part](path, value))).toEqual([expect.stringMatching(new RegExp(`: ${fault}$`))]);
});

it.each([null, 7, "text"])("a project that is not an object has one fault: %j", (project) => {
  expect(faultsOf({ projects: { prod: project } })).toEqual(["projects.prod: must be an object"]);
});

describe("a name that the config does not define", () => {
  it("is reported with its place and the known names", () => {
    const faults = parseWholeConfig({
      projects: { prod: { ...PROJECT, discover: { notify: ["chat", "no"] } } },
      tokens: { ci: { ...RIGHTS, sha256: SHA256, targets: ["*", "no"] } },
      settings: { defaultTargets: ["no"] },
    });
    const known = "Known targets: none";
    expect(faults).toEqual({
      kind: "faults",
      faults: [
        `tokens.ci.targets[1]: unknown target 'no'. ${known}`,
        `projects.prod.discover.notify[0]: unknown target 'chat'. ${known}`,
        `projects.prod.discover.notify[1]: unknown target 'no'. ${known}`,
        `settings.defaultTargets[0]: unknown target 'no'. ${known}`,
      ],
    });
  });

  it("is not reported by a function that does not read the part of the config with the names", () => {
    const parser = createConfigParser(["tokens"], { project: PublicProject, target: PublicTarget });
    const document = {
      tokens: { ci: { sha256: SHA256, projects: ["no"], targets: ["no"], operations: [] } },
    };
    expect(parser.parse(document).kind).toBe("config");
  });
});

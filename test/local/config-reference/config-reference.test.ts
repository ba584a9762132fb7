import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Ajv2020 } from "ajv/dist/2020.js";
import { Target } from "../../../lib/channels/registry.ts";
import { createConfigDocumentSchema } from "../../../lib/config/config.ts";
import { parseWholeConfig } from "../../../lib/config/parse-whole-config.ts";
import { Project } from "../../../lib/config/projects.ts";
import {
  createConfigFileSchema,
  createConfigSchema,
  DESCRIPTIONS,
  visitConfigKeys,
} from "../../../local/config-reference/config-schema.ts";
import { findPlaceholders } from "../../../local/ops/placeholders.ts";
import { readConfigDocument } from "../../../local/stack/config-file.ts";

const EXAMPLE = fileURLToPath(new URL("../../../config.example.json", import.meta.url));
const ajv = new Ajv2020({ allErrors: true, formats: { uri: URL.canParse } });
const validate = ajv.compile(createConfigFileSchema());

/** The values that replace the placeholders of `config.example.json`. */
const VALUES: Readonly<Record<string, string>> = {
  "projects.prod.projectId": "0123456789abcdef0123456789abcdef",
  "projects.prod.region": "eu-de",
  "projects.prod.auth.accessKey": "AKID0123456789",
  "projects.prod.auth.secretKey": "a-secret-access-key",
  "targets.deploys.url": "https://hooks.slack.com/services/T0/B0/abcdefgh",
  "targets.audit.url": "https://audit.my-company.net/hook",
  "targets.audit.secrets[0]": `whsec_${Buffer.alloc(32, 7).toString("base64")}`,
  "tokens.gitlab.sha256": "a".repeat(64),
};

const pathsOf = (faults: readonly string[]) => faults.map((fault) => fault.slice(0, fault.indexOf(": ")));

function replaceAt(document: unknown, path: string, value: string): void {
  const keys = path.split(/[.[\]]+/).filter((key) => key !== "");
  const last = keys.pop() ?? "";
  const parent = keys.reduce<unknown>((at, key) => Reflect.get(Object(at), key), document);
  Reflect.set(Object(parent), last, value);
}

const Document = createConfigDocumentSchema({ project: Project, target: Target });
const rights = { projects: ["prod"], targets: ["deploys"], operations: ["watch", "read"] };
/** A config with a value of every kind. */
const COMPLETE = {
  projects: {
    prod: {
      projectId: "0bcc1234",
      region: "eu-de",
      endpoint: "https://cce.eu-de.otc.t-systems.com",
      autopilot: false,
      until: "ready",
      readyMinutes: 5,
      discover: { notify: ["deploys"], everyMinutes: 3, types: ["CreateNode"], labels: { a: "b" } },
      auth: { kind: "aksk", accessKey: "AKIAX", secretKey: "sssssssssssssss" },
    },
    second: { projectId: "x1", region: "eu-de", auth: { kind: "token", token: "tttttttttttt" } },
  },
  targets: {
    deploys: { kind: "slack", url: "https://hooks.slack.com/services/T1/B2/abcdefgh", on: ["failed"] },
    audit: {
      kind: "webhook",
      url: "https://a.net/x",
      secrets: [`whsec_${btoa("0123456789abcdefghijklmn")}`],
    },
    ding: { kind: "dingtalk", url: "https://oapi.dingtalk.com/robot/send?access_token=a", keyword: "CCE" },
    teams: { kind: "teams", url: "https://x.logic.azure.com/a", language: "de" },
  },
  tokens: { gitlab: { sha256: "a1b2c3d4".repeat(8), ...rights } },
  oidc: [{ issuer: "https://gitlab.com", audience: "cce", claims: { repository: "org/*" }, ...rights }],
  settings: {
    defaultProject: "prod",
    defaultTargets: ["deploys"],
    deadlineMinutes: 120,
    poll: { pollCostSeconds: 1, minDelaySeconds: 2, maxDelaySeconds: 900 },
    retry: { scheduleSeconds: [0, 5, 30] },
    egress: { allow: ["10.0.0.0/8"] },
    linkKeys: ["8d1f6b3a9c5e7420f8b2d6a4c1e90735"],
    limits: { requestsPerMinute: 0 },
    pages: { list: true },
    publicUrl: "https://jobs.my-company.net",
  },
};
const OTHER_VALUES = [
  ...[null, true, 0, -1, 1.5, 1e9, "", "x", " x ", "https://a.net", "http://10.0.0.1/x", "ftp://x", "*"],
  ...[[], ["x"], [1], ["x", "x"], ["slow"], {}, { kind: "x" }],
];
const OTHER_KEYS = ["unknownKey", "a_b", "x".repeat(70)];

/** Returns configs that differ from a config in one place: another value, a removed key or an additional key. */
function changesOf(config: object): { readonly change: string; readonly config: unknown }[] {
  const changed = (path: readonly string[], edit: (parent: object, key: string) => void) => {
    const copy = structuredClone(config);
    const parent = path.slice(0, -1).reduce<object>((at, key) => Object(Reflect.get(at, key)), copy);
    edit(parent, path.at(-1) ?? "");
    return copy;
  };
  return pathsIn(config).flatMap((path) => {
    const at = path.join(".");
    const parent = path.slice(0, -1);
    return [
      ...OTHER_VALUES.map((value) => ({
        change: `${at} = ${JSON.stringify(value)}`,
        config: changed(path, (object, key) => Reflect.set(object, key, value)),
      })),
      {
        change: `${at} is removed`,
        config: changed(path, (object, key) => {
          if (Array.isArray(object)) object.splice(Number(key), 1);
          else Reflect.deleteProperty(object, key);
        }),
      },
      ...OTHER_KEYS.map((key) => ({
        change: `${[...parent, key].join(".")} = 1`,
        config: changed([...parent, key], (object) => {
          if (!Array.isArray(object)) Reflect.set(object, key, 1);
        }),
      })),
    ];
  });
}

/** Returns the path of every value in an object. */
function pathsIn(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => [[...path, key], ...pathsIn(part, [...path, key])]);
}

describe("the reference of the config", () => {
  it("has words about every key of the schema, and about no other key", () => {
    const paths = new Set<string>();
    visitConfigKeys(createConfigSchema(), (path, _key, _isRequired, kind) => {
      paths.add(path);
      if (kind !== null) paths.add(`${path.slice(0, path.lastIndexOf("."))}(${kind})`);
    });
    paths.delete("$schema");
    const described = Object.keys(DESCRIPTIONS);
    expect([...paths].filter((path) => !path.endsWith(")") && !described.includes(path))).toEqual([]);
    expect(described.filter((path) => !paths.has(path))).toEqual([]);
    for (const { text } of Object.values(DESCRIPTIONS)) expect(text).toMatch(/^[A-Z].*\.$/);
  });

  it("has examples that the schema accepts", () => {
    let count = 0;
    visitConfigKeys(createConfigSchema(), (path, key) => {
      const { example } = DESCRIPTIONS[path] ?? {};
      if (example === undefined || Array.isArray(key.oneOf)) return;
      count += 1;
      expect([path, ajv.compile({ ...key, $id: `urn:key:${count}` })(example)]).toEqual([path, true]);
    });
    expect(count).toBeGreaterThan(30);
  });
});

describe("config.example.json", () => {
  it("is valid by the schema, and config check names each of its placeholders", async () => {
    const file: unknown = JSON.parse(await readFile(EXAMPLE, "utf8"));
    expect([validate(file), validate.errors]).toEqual([true, null]);
    expect(pathsOf(findPlaceholders(await readConfigDocument(EXAMPLE)))).toEqual(Object.keys(VALUES));
  });

  it("is a valid config once its placeholders are replaced", async () => {
    const document = await readConfigDocument(EXAMPLE);
    for (const [path, value] of Object.entries(VALUES)) replaceAt(document, path, value);
    expect(findPlaceholders(document)).toEqual([]);
    expect(parseWholeConfig(document)).toMatchObject({ kind: "config" });
    expect([validate(document), validate.errors]).toEqual([true, null]);
  });
});

describe("the JSON Schema of the config", () => {
  it("accepts a reference to an environment variable or a file in place of a string", () => {
    const auth = { kind: "aksk", accessKey: { $env: "KEY" }, secretKey: { $file: "secret-key" } };
    const projects = { prod: { projectId: "a", region: "eu-de", auth } };
    const targets = { deploys: { kind: "slack", url: { $env: "SLACK_URL" } } };
    expect([validate({ projects, targets }), validate.errors]).toEqual([true, null]);
    expect(validate({ settings: { publicUrl: { $env: 1 } } })).toBe(false);
    expect(validate({ settings: { maxPolls: { $env: "POLLS" } } })).toBe(false);
  });

  it("accepts exactly the changed configs that the service accepts", () => {
    expect(parseWholeConfig(COMPLETE)).toMatchObject({ kind: "config" });
    const different = changesOf(COMPLETE)
      .filter(({ config }) => validate(config) !== Document.safeParse(config).success)
      .map(({ change }) => change);
    expect(different).toEqual([]);
  });

  it.each([
    ["an unknown key", { settings: { deadlineMinute: 5 } }],
    ["a wrong type", { settings: { maxPolls: "5" } }],
    ["a number out of range", { settings: { maxPolls: 0 } }],
    ["an unknown kind of target", { targets: { a: { kind: "pager", url: "https://a.net" } } }],
    ["a token without rights", { tokens: { a: { sha256: "a".repeat(64) } } }],
    [
      "a name with a space",
      { projects: { "my project": { projectId: "a", auth: { kind: "token", token: "t" } } } },
    ],
  ])("refuses %s, as the service does", (_, document) => {
    expect(validate(document)).toBe(false);
    expect(parseWholeConfig(document)).toMatchObject({ kind: "faults" });
  });
});

describe("placeholders", () => {
  it.each([
    "…",
    "...",
    " <your key> ",
    "xxxx",
    "change-me",
    "changeme",
    "TODO",
    "your-region",
    "https://example.com/x",
  ])("contain the value %s", (value) => {
    expect(findPlaceholders({ a: [{ b: value }] })).toEqual([
      expect.stringMatching(/^a\[0\]\.b: .*replace it/),
    ]);
  });

  it.each(["chat.example.com:8443", "EXAMPLE.com", "https://a.b.example.com"])(
    "contain the example host %s",
    (value) => {
      expect(findPlaceholders({ a: value })).toHaveLength(1);
    },
  );

  it.each([
    "https://hooks.slack.com/services/T000/B000/XXXX",
    "https://hooks.slack.com/services/T00000000/B00000000/abcdefgh",
    "https://discord.com/api/webhooks/<id>/<token>",
    "https://discord.com/api/webhooks/123/…",
    "https://open.feishu.cn/open-apis/bot/v2/hook/xxxxxxxxxxxxxxxxx",
    "https://oapi.dingtalk.com/robot/send?access_token=XXXXXX",
    "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=YOUR_KEY",
  ])("contain %s from the documentation of a chat", (value) => {
    expect(findPlaceholders({ a: value })).toEqual(["a: is the URL of an example: replace it by your own"]);
  });

  it.each([
    "youri",
    "https://hooks.slack.com/services/T0B000001/B00000009/xXxXyz",
    "https://open.feishu.cn/open-apis/bot/v2/hook/0000-1111",
    "https://ci.my-company.net/your-team/keys",
    "a <b> c",
    "https://example.com.my-company.net",
    "eu-de",
    "x",
    "https://my-company.net/?to=example.com",
    "<!here>",
    "<!subteam^S9K2LQ4ZT>",
    "<@U9K2LQ4ZT>",
    "<@&123456789012345678>",
  ])("do not contain the value %s", (value) => {
    expect(findPlaceholders({ a: value })).toEqual([]);
  });
});

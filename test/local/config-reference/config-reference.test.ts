import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { Ajv2020 } from "ajv/dist/2020.js";
import { parseConfig } from "../../../lib/config/parse-config.ts";
import {
  createConfigSchema,
  DESCRIPTIONS,
  visitKeys,
} from "../../../local/config-reference/config-schema.ts";
import { findPlaceholders } from "../../../local/ops/placeholders.ts";
import { readConfigDocument } from "../../../local/stack/config-file.ts";

const EXAMPLE = fileURLToPath(new URL("../../../config.example.json", import.meta.url));
const ajv = new Ajv2020({ allErrors: true, formats: { uri: true } });
const validate = ajv.compile(createConfigSchema());

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

describe("the reference of the config", () => {
  it("has words about every key of the schema, and about no other key", () => {
    const paths = new Set<string>();
    visitKeys(createConfigSchema(), (path, _key, _isRequired, kind) => {
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
    visitKeys(createConfigSchema(), (path, key) => {
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
    expect(parseConfig(document)).toMatchObject({ kind: "config" });
    expect([validate(document), validate.errors]).toEqual([true, null]);
  });
});

describe("the JSON Schema of the config", () => {
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
    expect(parseConfig(document)).toMatchObject({ kind: "faults" });
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
    "youri",
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

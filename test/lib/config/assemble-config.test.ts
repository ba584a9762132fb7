import { PublicTarget } from "../../../lib/channels/channel.ts";
import {
  assembleConfigDocumentOrListFaults,
  configEntryOfField,
  splitEntryBySecrecy,
} from "../../../lib/config/assemble-config.ts";
import { createConfigParser } from "../../../lib/config/config.ts";
import { parseWholeConfig } from "../../../lib/config/parse-whole-config.ts";
import { PublicProject } from "../../../lib/config/projects.ts";
import { splitConfigIntoEntries } from "../../../local/stack/config-file.ts";

describe("assembling a config", () => {
  it("puts every entry into the document, and sorts OIDC rules by number", () => {
    expect(
      assembleConfigDocumentOrListFaults([
        { name: "projects/prod", value: '{"projectId":"1"}' },
        { name: "projects/test", value: '{"projectId":"2"}' },
        { name: "oidc/1", value: '{"issuer":"second"}' },
        { name: "oidc/0", value: '{"issuer":"first"}' },
        { name: "settings", value: '{"maxPolls":9}' },
      ]),
    ).toEqual({
      kind: "document",
      document: {
        projects: { prod: { projectId: "1" }, test: { projectId: "2" } },
        oidc: [{ issuer: "first" }, { issuer: "second" }],
        settings: { maxPolls: 9 },
      },
    });
  });

  it("puts the tenth OIDC rule after the second", () => {
    const entries = [10, 2, 1].map((n) => ({ name: `oidc/${n}`, value: String(n) }));
    expect(assembleConfigDocumentOrListFaults(entries)).toMatchObject({ document: { oidc: [1, 2, 10] } });
  });

  it("reports every unknown entry and every entry that is not JSON, without their values", () => {
    const assembled = assembleConfigDocumentOrListFaults([
      { name: "project/prod", value: '"hunter2"' },
      { name: "targets/a/b", value: "{}" },
      { name: "projects", value: "{}" },
      { name: "settings/poll", value: "{}" },
      { name: "settings", value: "{hunter2" },
    ]);
    expect(assembled).toEqual({
      kind: "faults",
      faults: [
        expect.stringMatching(/^project\/prod: unknown entry. Known entries: projects\/NAME, /),
        expect.stringMatching(/^targets\/a\/b: unknown entry/),
        expect.stringMatching(/^projects: unknown entry/),
        expect.stringMatching(/^settings\/poll: unknown entry/),
        "settings: must be JSON",
      ],
    });
    expect(JSON.stringify(assembled)).not.toContain("hunter2");
  });

  it("accepts a name that every JavaScript object has", () => {
    const assembled = assembleConfigDocumentOrListFaults([{ name: "projects/constructor", value: "{}" }]);
    expect(assembled).toMatchObject({ kind: "document", document: { projects: { constructor: {} } } });
  });
});

const SECRET = /hunter2/;
const document = {
  projects: {
    prod: { projectId: "p", region: "eu-de", auth: { kind: "token", token: "hunter2" } },
  },
  targets: {
    deploys: {
      kind: "slack",
      url: "https://hooks.slack.com/services/hunter2",
      on: ["failed"],
      mention: "<!here>",
    },
    audit: {
      kind: "webhook",
      url: "https://audit.example/hunter2",
      secrets: [`whsec_hunter2${"A".repeat(33)}`],
      headers: { authorization: "hunter2" },
    },
  },
  tokens: { ci: { sha256: "0".repeat(64), projects: ["prod"], targets: ["audit"], operations: ["watch"] } },
  oidc: [],
  settings: {
    maxPolls: 9,
    linkKeys: ["hunter2-8d1f6b3a9c5e7420f8b2d6a4c1e9"],
    callbackSecrets: [`whsec_hunter2${"B".repeat(33)}`],
  },
};
const entries = splitConfigIntoEntries(document);

test("only entries below secret/ and linkKeys contain secrets, and together the entries are the whole config", () => {
  const secretNames = entries.filter(({ value }) => SECRET.test(value)).map(({ name }) => name);
  expect(secretNames).toEqual([
    "linkKeys",
    "secret/projects/prod",
    "secret/settings",
    "secret/targets/audit",
    "secret/targets/deploys",
  ]);
  const { oidc: _, ...stored } = document;
  expect(assembleConfigDocumentOrListFaults(entries)).toEqual({ kind: "document", document: stored });
  expect(parseWholeConfig(stored).kind).toBe("config");
});

test("a document without secrets is valid without the secret entries, and names of unread parts are not checked", () => {
  const configParser = createConfigParser(["projects", "targets", "settings"], {
    project: PublicProject,
    target: PublicTarget,
  });
  const read = entries.filter(({ name }) => !SECRET.test(name) && !/^(secret|linkKeys|tokens)/.test(name));
  const assembled = assembleConfigDocumentOrListFaults(read);
  if (assembled.kind === "faults") throw new Error(assembled.faults.join());
  expect(configParser.parse(assembled.document)).toMatchObject({
    kind: "config",
    config: {
      projects: { prod: { region: "eu-de" } },
      targets: { deploys: { kind: "slack", on: ["failed"] } },
      settings: { maxPolls: 9, linkKeys: [], callbackSecrets: [] },
    },
  });
  const settingsOnly = createConfigParser(["settings"], { project: PublicProject, target: PublicTarget });
  expect(settingsOnly.parse({ settings: { defaultProject: "prod", defaultTargets: ["audit"] } }).kind).toBe(
    "config",
  );
  expect(configParser.parse({ settings: { defaultProject: "prod" } }).kind).toBe("faults");
});

test.each([
  [
    { name: "projects/prod", value: '{"auth":{}}' },
    "projects/prod: 'auth' belongs in the entry secret/projects/prod",
  ],
  [
    { name: "targets/a", value: '{"url":"hunter2"}' },
    "targets/a: 'url' belongs in the entry secret/targets/a",
  ],
  [
    { name: "targets/a", value: '{"kind":"slack","url":"hunter2"}' },
    "targets/a: 'url' belongs in the entry secret/targets/a",
  ],
  [{ name: "secret/targets/a", value: '{"on":[]}' }, "secret/targets/a: 'on' belongs in the entry targets/a"],
  [
    { name: "settings", value: '{"linkKeys":["hunter2"]}' },
    "settings: 'linkKeys' belongs in the entry linkKeys",
  ],
  [
    { name: "settings", value: '{"callbackSecrets":[]}' },
    "settings: 'callbackSecrets' belongs in the entry secret/settings",
  ],
])("a field in an entry with other readers is an error: %j", (entry, fault) => {
  expect(assembleConfigDocumentOrListFaults([entry])).toEqual({ kind: "faults", faults: [fault] });
});

test("certificates of several entries stand on lines of their own, because PEM needs it", () => {
  const certificate = (body: string) => `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----`;
  const assembled = assembleConfigDocumentOrListFaults([
    { name: "certificates/a", value: certificate("A") },
    { name: "certificates/b", value: certificate("B") },
    { name: "projects/prod", value: "{}" },
    { name: "secret/projects/prod", value: '{"ca":{"certificates":["b","a"]}}' },
  ]);
  expect(assembled).toEqual({
    kind: "document",
    document: { projects: { prod: { ca: `${certificate("B")}\n${certificate("A")}` } } },
  });
});

test("secret fields of an entry that does not exist are ignored", () => {
  expect(
    assembleConfigDocumentOrListFaults([
      { name: "secret/targets/a", value: '{"url":"x"}' },
      { name: "secret/settings", value: '{"callbackSecrets":[]}' },
    ]),
  ).toEqual({ kind: "document", document: {} });
});

test("a field that the schema of a public entry does not know is secret", () => {
  expect(configEntryOfField("targets/a", "apiKey")).toBe("secret/targets/a");
  expect(configEntryOfField("tokens/a", "sha256")).toBe("tokens/a");
  expect(splitEntryBySecrecy("oidc/0", 5)).toEqual(new Map([["oidc/0", 5]]));
});

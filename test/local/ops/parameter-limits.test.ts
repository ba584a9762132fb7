import { findDocumentParameterFaults, findParameterFaults } from "../../../local/ops/parameter-limits.ts";

const PATH = "/cce-job-notifier/prod";
const entry = (name: string, value: unknown) => ({ name, value: JSON.stringify(value) });
const faultsOf = (name: string, value: unknown, path = PATH) =>
  findParameterFaults([entry(name, value)], path);

/** Returns a string whose JSON has this number of bytes. */
const textOf = (bytes: number, character = "x") =>
  character.repeat((bytes - 2) / Buffer.byteLength(character));

test("an entry may have 8 KB of JSON, counted in bytes", () => {
  expect(faultsOf("targets/a", textOf(8192))).toEqual([]);
  expect(faultsOf("targets/a", textOf(8193))).toHaveLength(1);
  expect(faultsOf("targets/a", textOf(8192, "é"))).toEqual([]);
  expect(faultsOf("targets/a", textOf(8194, "é"))).toHaveLength(1);
  // JSON writes a quotation mark as two bytes.
  expect(faultsOf("targets/a", '"'.repeat(4095))).toEqual([]);
  expect(faultsOf("targets/a", '"'.repeat(4096))).toHaveLength(1);
});

test("a long entry is reported with its size, its longest field and the remedy, without values", () => {
  const auth = { kind: "aksk", accessKey: "hunter2", secretKey: "hunter2".repeat(1200) };
  expect(faultsOf("projects/prod", { projectId: "p", auth })).toEqual([
    "projects.prod: too long for Parameter Store: 8477 bytes as JSON, and an entry may have 8192. Shorten its longest field, projects.prod.auth.secretKey (8402 bytes)",
  ]);
  expect(faultsOf("settings", { callbackHosts: Array.from({ length: 900 }, () => "a.example") })).toEqual([
    expect.stringContaining("Shorten its longest field, settings.callbackHosts (10801 bytes)"),
  ]);
});

test("'{{' is refused in every text and key, because Parameter Store reads it as a reference", () => {
  expect(faultsOf("targets/a", { url: "https://x.example/{{id}}" })).toEqual([
    "targets.a.url: Parameter Store refuses '{{' and would read '{{…}}' as a reference to another parameter. Write '%7B%7B' in a URL, or remove it",
  ]);
  expect(faultsOf("oidc/1", { claims: { "{{b": "x" }, projects: ["a", "{{ssm:c}}"] })).toEqual([
    expect.stringMatching(/^oidc\[1\]\.claims\.\{\{b: /),
    expect.stringMatching(/^oidc\[1\]\.projects\[1\]: /),
  ]);
});

test("two braces in the syntax of JSON itself are no fault", () => {
  expect(faultsOf("settings", { poll: { a: { b: {} } }, text: "{ {" })).toEqual([]);
  expect(faultsOf("settings", { poll: { text: "}}" } })).toEqual([]);
});

test.each([
  ["targets/a b", PATH, /^targets\.a b: a name may only contain .*Rename/],
  ["targets/é", PATH, /^targets\.é: a name may only contain/],
  ["targets/a", "/aws-notifier/prod", /must not start with 'aws' or 'ssm'/],
  ["targets/a", "/SSM/prod", /must not start with 'aws' or 'ssm'/],
  [`targets/${"a/".repeat(11)}a`, PATH, null],
  [`targets/${"a/".repeat(12)}a`, PATH, /16? ?levels/],
  [`targets/${"a".repeat(916)}`, PATH, null],
  [`targets/${"a".repeat(930)}`, PATH, /is too long: .*1011\. Shorten it/],
])("the name %.20s… below %s has the fault %s", (name, path, fault) => {
  const faults = faultsOf(name, {}, path);
  if (fault === null) expect(faults).toEqual([]);
  else expect(faults).toEqual([expect.stringMatching(fault)]);
});

test("findDocumentParameterFaults lists the faults of all entries, and ignores parts with a wrong type", () => {
  const targets = { a: { url: "{{a}}" }, b: { url: textOf(9000) } };
  expect(findDocumentParameterFaults({ targets, tokens: 5, oidc: null }, PATH)).toHaveLength(2);
  expect(findDocumentParameterFaults("text", PATH)).toEqual([]);
});

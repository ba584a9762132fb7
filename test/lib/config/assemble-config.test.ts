import { assembleConfig } from "../../../lib/config/assemble-config.ts";

test("entries become the document they were cut from", () => {
  expect(
    assembleConfig([
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

test("every entry with a wrong place or wrong JSON is told by its name, and no value is", () => {
  const assembled = assembleConfig([
    { name: "project/prod", value: '"hunter2"' },
    { name: "targets/a/b", value: "{}" },
    { name: "settings", value: "{hunter2" },
  ]);
  expect(assembled).toEqual({
    kind: "faults",
    faults: [
      expect.stringMatching(/^project\/prod: is no entry/),
      expect.stringMatching(/^targets\/a\/b: is no entry/),
      "settings: is not JSON",
    ],
  });
  expect(JSON.stringify(assembled)).not.toContain("hunter2");
});

test("an entry with a name that objects have already is an entry like any other", () => {
  const assembled = assembleConfig([{ name: "projects/constructor", value: "{}" }]);
  expect(assembled).toMatchObject({ kind: "document", document: { projects: { constructor: {} } } });
});

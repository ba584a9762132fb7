import { assembleConfigDocument } from "../../../lib/config/assemble-config.ts";

describe("assembling a config", () => {
  it("puts every entry into the document, and sorts OIDC rules by number", () => {
    expect(
      assembleConfigDocument([
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
    expect(assembleConfigDocument(entries)).toMatchObject({ document: { oidc: [1, 2, 10] } });
  });

  it("reports every unknown entry and every entry that is not JSON, without their values", () => {
    const assembled = assembleConfigDocument([
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
    const assembled = assembleConfigDocument([{ name: "projects/constructor", value: "{}" }]);
    expect(assembled).toMatchObject({ kind: "document", document: { projects: { constructor: {} } } });
  });
});

import { replaceEnvAndFileReferences } from "../../../lib/config/replace-env-and-file-references.ts";

const PORTS = {
  env: { TOKEN: "from-env", EMPTY: "" },
  async readText(path: string) {
    if (path !== "secret.txt") throw Object.assign(new Error("no such file"), { code: "ENOENT" });
    return "from-file\r\n";
  },
};

describe("references in a config", () => {
  it("are replaced at every depth, in arrays too", async () => {
    const document = {
      targets: { a: { url: { $env: "TOKEN" }, secrets: [{ $file: "secret.txt" }, "plain"] } },
      settings: { empty: { $env: "EMPTY" }, other: { $env: "TOKEN", more: 1 } },
    };
    expect(await replaceEnvAndFileReferences(document, PORTS)).toEqual({
      faults: [],
      document: {
        targets: { a: { url: "from-env", secrets: ["from-file", "plain"] } },
        settings: { empty: "", other: { $env: "TOKEN", more: 1 } },
      },
    });
  });

  it.each([
    ["pass word \n", "pass word "],
    ["\tpass", "\tpass"],
    ["pass\n\n", "pass\n"],
    ["pass", "pass"],
  ])("to the file %j are the text %j, without one line break at the end", async (content, expected) => {
    const ports = { env: {}, readText: async () => content };
    const { document } = await replaceEnvAndFileReferences({ a: { $file: "f" } }, ports);
    expect(document).toEqual({ a: expected });
  });

  it("are all reported with their paths if they do not resolve", async () => {
    const document = { a: [{ $env: "MISSING" }], b: { c: { $file: "none.txt" } }, d: { $env: 5 } };
    const { faults } = await replaceEnvAndFileReferences(document, PORTS);
    expect(faults.toSorted()).toEqual([
      "a[0]: the environment variable MISSING is not set",
      "b.c: the file none.txt does not exist",
      "d: $env must be a string",
    ]);
  });
});

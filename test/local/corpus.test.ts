import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CORPUS_FILES, checkLine, loadCheck } from "../../local/corpus/case.ts";

const run = (files: Record<string, string>) => {
  const directory = mkdtempSync(join(tmpdir(), "corpus-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  const { status, stdout } = spawnSync(process.execPath, ["local/corpus.ts", directory], {
    encoding: "utf8",
  });
  rmSync(directory, { recursive: true });
  return { status, lines: stdout.trim().split("\n") };
};
const reply = (name: string, kind: string) =>
  JSON.stringify({ name, status: 502, headers: {}, body: "", expect: { kind } });

describe("npm run corpus", () => {
  it("counts what passes", () => {
    expect(run({ "cce-replies.jsonl": `${reply("one", "unavailable")}\n` })).toEqual({
      status: 0,
      lines: ["cce-replies.jsonl: 1 passed, 0 failed", "1 passed, 0 failed"],
    });
  });
  it("names what fails, and counts a line that is no JSON as failed", () => {
    const { status, lines } = run({ "cce-replies.jsonl": `${reply("one", "gone")}\n{"name"` });
    expect(status).toBe(1);
    expect(lines).toContain("  one: kind: expected gone, got unavailable");
    expect(lines.at(-1)).toBe("0 passed, 2 failed");
  });
  it("counts the cases of a file without a checker as failed", async () => {
    const check = await loadCheck("no-such-file");
    expect(await checkLine('{"name":"one"}', check)).toMatch(
      /^one: there is no checker for no-such-file.jsonl/,
    );
  });
  it("has a checker for each file there may be", async () => {
    for (const file of CORPUS_FILES)
      expect(await checkLine('{"name":"one"}', await loadCheck(file))).not.toMatch(/no checker/);
  });
  it("fails for a directory without any corpus file", () => {
    expect(run({ "notes.txt": "" })).toMatchObject({ status: 1 });
  });
});

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Runs the corpus command on a directory with these files. */
const run = (files: Readonly<Record<string, string>>) => {
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
  it("counts the passed test cases", () => {
    expect(run({ "cce-replies.jsonl": `${reply("one", "unavailable")}\n` })).toEqual({
      status: 0,
      lines: ["cce-replies.jsonl: 1 passed, 0 failed", "1 passed, 0 failed"],
    });
  });

  it("names the failed test cases, and counts a line that is not JSON as a failed test case", () => {
    const { status, lines } = run({ "cce-replies.jsonl": `${reply("one", "gone")}\n{"name"` });
    expect(status).toBe(1);
    expect(lines).toContain("  one: kind: expected gone, got unavailable");
    expect(lines.at(-1)).toBe("0 passed, 2 failed");
  });

  it.each(["cce-jobs", "cce-replies", "create-replies", "delivery-responses", "egress", "signatures"])(
    "checks the file %s",
    (file) => {
      const { status, lines } = run({ [`${file}.jsonl`]: '{"name":"invalid case"}\n' });
      expect(status).toBe(1);
      expect(lines[0]).toBe(`${file}.jsonl: 0 passed, 1 failed`);
      expect(lines.at(-1)).toBe("0 passed, 1 failed");
    },
  );

  it("fails for a directory without any corpus file", () => {
    expect(run({ "notes.txt": "" })).toMatchObject({ status: 1 });
  });
});

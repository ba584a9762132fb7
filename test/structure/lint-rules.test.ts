import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const REFUSED = [
  "export const a = { ...{ b: 1 }, c: 2 };",
  "export const d = { ...({ b: 1 } as const), c: 2 };",
  "export const e = { c: 2, ...{} };",
];
const ACCEPTED = [
  "export const f = (b: object) => ({ ...b, c: 2 });",
  "export const g = (b?: number) => ({ ...(b === undefined ? {} : { b }), c: 2 });",
  "export const h = (b?: number) => ({ ...(b !== undefined && { b }), c: 2 });",
];

/** Lints statements, each on a line of its own, by the repository's rules. Returns the numbers of refused lines. */
function refusedLines(statements: readonly string[]): number[] {
  mkdirSync("build", { recursive: true });
  const folder = mkdtempSync("build/lint-rules-");
  try {
    const file = join(folder, "planted.ts");
    writeFileSync(file, `${statements.join("\n")}\n`);
    // Git ignores build/, so the linter must not ask git.
    const { stdout } = spawnSync(
      "node_modules/.bin/biome",
      ["lint", "--reporter=json", "--vcs-enabled=false", file],
      { encoding: "utf8" },
    );
    const { summary, diagnostics } = JSON.parse(stdout);
    expect(summary.unchanged).toBe(1);
    return diagnostics.map(({ location }: { location: { start: { line: number } } }) => location.start.line);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("the linter refuses the spread of an object literal", () => {
  expect(refusedLines(REFUSED)).toEqual([1, 2, 3]);
});

test("the linter accepts a conditional spread and the spread of a variable", () => {
  expect(refusedLines(ACCEPTED)).toEqual([]);
});

test("the linter refuses an import of fast-check that omits the seed of all property tests", () => {
  expect(refusedLines(['import fc from "fast-check";', "export const seed = fc.nat();"])).toEqual([1]);
});

import { existsSync, readFileSync } from "node:fs";
import { readSampleFiles, readSurvivors } from "./survivors.ts";

test("each listed mutant is about a line that still exists, and is listed once", () => {
  const survivors = readSurvivors();
  const stale = survivors.filter(
    ({ file, line }) =>
      !readFileSync(file, "utf8")
        .split("\n")
        .some((text) => text.trim() === line),
  );
  expect(stale).toEqual([]);
  const distinct = new Set(survivors.map(({ reason: _, ...mutant }) => JSON.stringify(mutant)));
  expect(distinct.size).toBe(survivors.length);
});

test("each file of the sample exists and has a test file of the same name", () => {
  for (const file of readSampleFiles()) {
    expect(existsSync(file)).toBe(true);
    expect(existsSync(`test/${file.replace(/\.ts$/, ".test.ts")}`)).toBe(true);
  }
});

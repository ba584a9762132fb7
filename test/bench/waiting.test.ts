import { readFileSync } from "node:fs";
import { createWaitingTargets, measureWaiting, type WaitingFigures } from "../../bench/waiting.ts";

let figures: WaitingFigures;
beforeAll(async () => {
  figures = await measureWaiting();
});

describe("a caller who waits for a ten-minute job with the command", () => {
  it("costs at most 4 dollars per 100,000 jobs, and sees the end within 3 s", () => {
    const failed = createWaitingTargets(figures).filter(({ value, target }) => value > target);
    expect(failed).toEqual([]);
    expect(figures.waitedSecondsPerJob).toBeGreaterThan(0);
  });

  it("makes about one call per poll", () => {
    expect(figures.callsPerJob - figures.pollsPerJob).toBeLessThan(3);
  });

  it.each(["costs.md", "scale.md"])("has its costs in docs/%s", (name) => {
    const page = readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8");
    expect(page).toContain(figures.dollarsPer100000Jobs.toFixed(2));
  });
});

import { readFileSync } from "node:fs";
import { computeJobCosts, sumOf } from "../../bench/costs/compute-costs.ts";
import { COSTS } from "../../bench/costs/costs-data.ts";
import { renderTables, replaceTables } from "../../bench/costs/render-tables.ts";

const textOf = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8");

describe("the tables of costs", () => {
  it.each(Object.entries(renderTables()))(
    "in docs/%s are computed from the measured figures and prices",
    (name, tables) => {
      const text = textOf(name);
      expect(replaceTables(text, tables)).toBe(text);
    },
  );

  it("need a place in their document", () => {
    expect(() => replaceTables("# Costs", { month: "| |" })).toThrow("<!-- table month -->");
  });

  it("have three SQS requests for each poll and notification of a job", () => {
    const [requests] = computeJobCosts(8);
    expect(requests).toEqual({
      name: "SQS requests",
      perJob: 27,
      dollarsPerMillionJobs: expect.closeTo(10.8),
    });
  });

  it("have the write units of every step", () => {
    for (const { writeUnits } of Object.values(COSTS.measured.ledger)) {
      expect(Object.keys(writeUnits)).toHaveLength(8);
      expect(Math.min(...Object.values(writeUnits))).toBeGreaterThan(0);
      expect(sumOf(writeUnits)).toBeLessThan(80);
    }
  });
});

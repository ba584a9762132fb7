import { readFileSync } from "node:fs";
import { readWriteUnits } from "../support/costs-table.ts";

const DOLLARS_PER_MILLION_WRITE_UNITS = 0.625;
const textOf = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8");

/** `npm run servers:test` compares the write units of each step with the consumed capacity of DynamoDB Local. */
describe("the write units of a job", () => {
  const { steps, total } = readWriteUnits();

  it("add up to the total in docs/costs.md, and lead to the price of 100,000 jobs", () => {
    expect(Object.keys(steps)).toHaveLength(8);
    expect(Object.values(steps).reduce((sum, units) => sum + units, 0)).toBe(total);
    const millions = (total * 100_000) / 1_000_000;
    const dollars = (millions * DOLLARS_PER_MILLION_WRITE_UNITS).toFixed(2);
    expect(textOf("costs.md")).toContain(`100,000 jobs need ${millions} million write units (${dollars})`);
  });

  it("are four fewer for each poll less in docs/scale.md", () => {
    const [, units] = /\| DynamoDB write units \| (\d+) \|/.exec(textOf("scale.md")) ?? [];
    expect(Number(units)).toBe(total - (12 - 8) * 4);
  });
});

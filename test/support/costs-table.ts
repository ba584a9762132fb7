import { readFileSync } from "node:fs";

const COSTS = new URL("../../docs/costs.md", import.meta.url);
const ROW = /^\| ([a-z ]+|\*\*total\*\*) \| \**(\d+)\** \|.*\|$/gm;

/** Reads the table of write units in docs/costs.md. Returns the write units of a job by step, and their total. */
export function readWriteUnits(): {
  readonly steps: Readonly<Record<string, number>>;
  readonly total: number;
} {
  const rows = [...readFileSync(COSTS, "utf8").matchAll(ROW)].map(
    ([, step = "", units]) => [step, Number(units)] as const,
  );
  const total = rows.find(([step]) => step === "**total**")?.[1] ?? Number.NaN;
  return { steps: Object.fromEntries(rows.filter(([step]) => step !== "**total**")), total };
}

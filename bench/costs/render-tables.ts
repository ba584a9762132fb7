import { computeJobCosts, computeMonthlyCosts, sumOf } from "./compute-costs.ts";
import { COSTS, type CostsData } from "./costs-data.ts";

/** The text of the table column `cause`: why each step of a job needs write units of DynamoDB. */
const CAUSES: Readonly<Record<string, string>> = {
  acceptance: "one item and two indexes",
  polls:
    "2 for each poll: 1 to claim the poll, 1 to mark the poll as done. 1 more in each five minutes, to change the time in the overdue index. The last poll needs only its claim",
  "trees of subjobs": "1 to store the tree. The item of the watch contains the later changes",
  outcome: "the summary with the last tree of subjobs",
  "end of the watch":
    "one item and a new state in the index of recent watches. Some watches also change the time in the overdue index",
  duration: "the counts of the job type",
  notification: "1 to claim the notification, 1 for the rate limit of the target, 1 to store the result",
  sweep: "the last check of the watch, which removes the watch from the overdue index",
};

const two = (value: number) => value.toFixed(2);
const short = (value: number) => String(Number(value.toFixed(1)));

/**
 * Returns the generated tables for two documents in `docs`. Each key is the name of a table, and each value is the
 * table in Markdown.
 */
export function renderTables(
  data: CostsData = COSTS,
): Readonly<Record<"costs.md" | "scale.md", Readonly<Record<string, string>>>> {
  return {
    "costs.md": { month: renderMonth(data), writeUnits: renderWriteUnits(data) },
    "scale.md": { million: renderMillion(data) },
  };
}

function renderMonth(data: CostsData): string {
  const months = ([0, 1000, 100_000] as const).map((jobs) => computeMonthlyCosts(jobs, data).dollars);
  const names = Object.keys(months[0] ?? {});
  return [
    "| | 0 jobs | 1,000 jobs | 100,000 jobs |",
    "|---|---:|---:|---:|",
    ...names.map(
      (name) => `| ${name} | ${months.map((dollars) => two(dollars[name] ?? Number.NaN)).join(" | ")} |`,
    ),
    `| **total** | ${months.map((dollars) => `**${two(sumOf(dollars))}**`).join(" | ")} |`,
  ].join("\n");
}

function renderWriteUnits({ measured }: CostsData): string {
  const { "8": eight, "12": twelve } = measured.ledger;
  return [
    "| step | 8 polls | 12 polls | cause |",
    "|---|---:|---:|---|",
    ...Object.keys(twelve.writeUnits).map(
      (step) =>
        `| ${step} | ${short(eight.writeUnits[step] ?? Number.NaN)} | ${short(twelve.writeUnits[step] ?? Number.NaN)} | ${CAUSES[step]} |`,
    ),
    `| **total** | **${short(sumOf(eight.writeUnits))}** | **${short(sumOf(twelve.writeUnits))}** | |`,
  ].join("\n");
}

function renderMillion(data: CostsData): string {
  const lines = computeJobCosts(8, data);
  const total = lines.reduce((sum, { dollarsPerMillionJobs }) => sum + dollarsPerMillionJobs, 0);
  return [
    "| | per job with 8 polls | dollars per million jobs |",
    "|---|---:|---:|",
    ...lines.map(
      ({ name, perJob, dollarsPerMillionJobs }) =>
        `| ${name} | ${short(perJob)} | ${two(dollarsPerMillionJobs)} |`,
    ),
    `| **total** | | **${two(total)}** |`,
  ].join("\n");
}

/**
 * Replaces the tables of a document. Each table is between the comments `<!-- table NAME -->` and `<!-- end -->`.
 * @throws Error if the document has no comment `<!-- table NAME -->` for a table.
 */
export function replaceTables(text: string, tables: Readonly<Record<string, string>>): string {
  return Object.entries(tables).reduce((replaced, [name, table]) => {
    const start = `<!-- table ${name} -->\n`;
    const [before, after] = splitOnce(replaced, start);
    const [, rest] = splitOnce(after, "<!-- end -->");
    return `${before}${start}\n${table}\n\n<!-- end -->${rest}`;
  }, text);
}

function splitOnce(text: string, separator: string): readonly [string, string] {
  const at = text.indexOf(separator);
  if (at < 0) throw new Error(`The document lacks ${separator.trim()}.`);
  return [text.slice(0, at), text.slice(at + separator.length)];
}

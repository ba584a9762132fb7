import type { ListedJob } from "../lib/api/list-and-health-documents.ts";
import { wasJobObserved } from "../lib/domain/job.ts";
import { operationNameOrJobType } from "../lib/domain/operation-kind.ts";
import { describeState, lowerCaseFirstLetter } from "../lib/domain/state-text.ts";
import { formatDuration } from "../lib/domain/time-text.ts";
import type { QueryField } from "./client.ts";
import type { CommandResult, ServiceCommand } from "./command.ts";
import { EXIT } from "./exit-code.ts";
import { jobName, MARKS } from "./status-text.ts";
import { columnsOf, countColumns } from "./terminal.ts";
import type { WaitPorts } from "./wait-for-jobs.ts";

/** The largest number of jobs in one response of the service. */
const MAX_PAGE = 100;

/** Prints the jobs of a project, newest first. */
export async function printJobList(
  { query, limit }: Extract<ServiceCommand, { readonly kind: "list" }>,
  { client, screen, terminal }: Pick<WaitPorts, "client" | "screen" | "terminal">,
): Promise<CommandResult> {
  const jobs: ListedJob[] = [];
  let before: string | null = null;
  do {
    const page = await client.list([
      ...query,
      ["limit", String(Math.min(MAX_PAGE, limit - jobs.length))],
      ...(before === null ? [] : [["before", before] satisfies QueryField]),
    ]);
    jobs.push(...page.jobs);
    before = page.next;
  } while (before !== null && jobs.length < limit);
  if (jobs.length === 0) screen.print(["no jobs"]);
  else screen.print(terminal === null ? tableLines(jobs) : terminalLines(jobs, columnsOf(terminal)));
  if (before !== null)
    screen.print([`There are older jobs. To list them, add: --limit ${2 * limit}, or --to TIME`]);
  return { document: { jobs, next: before }, code: EXIT.succeeded };
}

const HEADER = ["  STATE", "JOB", "TYPE", "RESOURCE", "SUBMITTED (UTC)", "DURATION", "BY", "CAUSE"];

function cellsOf(job: ListedJob): readonly string[] {
  const { state, type, resourceName, acceptedAt, durationSeconds, actor, cause, ready } = job;
  return [
    `${MARKS[state]} ${lowerCaseFirstLetter(describeState(state, wasJobObserved(job), ready))}`,
    jobName(job),
    type === null ? "" : operationNameOrJobType(type),
    resourceName ?? "",
    acceptedAt.slice(0, 16).replace("T", " "),
    durationSeconds === null ? "" : formatDuration(durationSeconds * 1000),
    actor ?? "",
    cause ?? "",
  ].map((cell) => cell.replace(/\s+/g, " "));
}

/** In the table, an empty cell contains a dash, so that a program can split a line into columns. */
function tableLines(jobs: readonly ListedJob[]): readonly string[] {
  const rows = [HEADER, ...jobs.map(cellsOf).map((cells) => cells.map((cell) => cell || "-"))];
  const widths = HEADER.map((_, column) => Math.max(...rows.map((row) => countColumns(row[column] ?? ""))));
  return rows.map((row) =>
    row
      .map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - countColumns(cell)))
      .join("  ")
      .trimEnd(),
  );
}

/** Returns the jobs as a table, or as several lines for each job if the table is wider than the terminal. */
function terminalLines(jobs: readonly ListedJob[], width: number): readonly string[] {
  const table = tableLines(jobs);
  if (table.every((line) => countColumns(line) <= width)) return table;
  return jobs.flatMap((job) => {
    const [state = "", name = "", ...cells] = cellsOf(job);
    const lines = [`${state}  ${name}`];
    let line = "";
    for (const cell of cells.filter((text) => text !== "")) {
      const longer = line === "" ? `  ${cell}` : `${line}, ${cell}`;
      if (line === "" || countColumns(longer) <= width) line = longer;
      else {
        lines.push(line);
        line = `  ${cell}`;
      }
    }
    return [...lines, line];
  });
}

import type { Outcome } from "./job.ts";
import { jsonBytes } from "./measure.ts";
import { cut } from "./truncate-text.ts";

/** The reader of a job uses the same text, so that an event has this warning once. */
export const FAILED_SUBJOB_WARNING = "CCE reports success for this job, although a subjob failed.";
const MOST_WARNINGS = 6;
const WARNING_BYTES = 250;

interface Findings {
  /** Those of the poll that saw the job's end. */
  readonly warnings: readonly string[];
  readonly outcome: Outcome;
  readonly failed: number;
  readonly labelsLeft: number;
}

/** What a reader should know beside the outcome, each in one sentence, the most telling first. */
export function warningsOf({ warnings, outcome, failed, labelsLeft }: Findings): string[] {
  const own: string[] = [];
  if (outcome === "succeeded" && failed > 0) own.push(FAILED_SUBJOB_WARNING);
  if (labelsLeft > 0) own.push(`${labelsLeft} of the caller's labels did not fit.`);
  const all = [...new Set([...own, ...warnings])];
  const told = all.length <= MOST_WARNINGS ? all : all.slice(0, MOST_WARNINGS - 1);
  const more = all.length - told.length;
  const cutOff = told.map((warning) => cut(warning, WARNING_BYTES, jsonBytes));
  return more === 0 ? cutOff : [...cutOff, `${more} more warnings.`];
}

/** Where failures do not all fit into the event. */
export function unlistedWarning(left: number): string {
  return `${left} more failed ${left === 1 ? "subjob is" : "subjobs are"} not listed.`;
}

/** Where the tree that is shown has been made smaller. */
export function leftOutWarning(omitted: number, total: number): string {
  return `The tree is too large to be shown whole: ${omitted} of its ${total} subjobs are left out.`;
}

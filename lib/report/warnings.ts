import type { Outcome } from "../job.ts";
import { cut, jsonBytes } from "./text.ts";
import type { Place } from "./tree.ts";

const MOST_WARNINGS = 6;
const WARNING_BYTES = 250;
const NAMED = 5;

interface Findings {
  /** Those of the look that saw the job's end. */
  readonly warnings: readonly string[];
  readonly outcome: Outcome;
  readonly failed: number;
  readonly pending: readonly Place[];
  readonly labelsLeft: number;
}

/** What a reader should know beside the outcome, each in one sentence, the most telling first. */
export function warningsOf({ warnings, outcome, failed, pending, labelsLeft }: Findings): string[] {
  const own: string[] = [];
  if (outcome === "succeeded" && failed > 0)
    own.push(`The job succeeded although ${failed} ${failed === 1 ? "subjob" : "subjobs"} failed.`);
  if (outcome === "timed_out" && pending.length > 0) own.push(stillRunning(pending));
  if (labelsLeft > 0) own.push(`${labelsLeft} of the caller's labels did not fit.`);
  const all = [...own, ...new Set(warnings)];
  const told = all.length <= MOST_WARNINGS ? all : all.slice(0, MOST_WARNINGS - 1);
  const more = all.length - told.length;
  const cutOff = told.map((warning) => cut(warning, WARNING_BYTES, jsonBytes));
  return more === 0 ? cutOff : [...cutOff, `${more} more warnings.`];
}

function stillRunning(pending: readonly Place[]): string {
  const named = pending.slice(0, NAMED).map(({ job }) => {
    const type = cut(job.type ?? "unknown", 40);
    return job.resourceName === null ? type : `${type} (${cut(job.resourceName, 40)})`;
  });
  const more = pending.length - named.length;
  return `Not ended when last seen: ${named.join(", ")}${more === 0 ? "" : ` and ${more} more`}.`;
}

import type { StatusDocument } from "../lib/api/status-document.ts";
import { ProblemError, UnreachableError } from "./errors.ts";

/** What a pipeline acts on. */
export const EXIT = { succeeded: 0, failed: 1, usage: 2, undecided: 3, unreachable: 4 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The code for jobs in these states, the worst first: one failed is a failure, whatever became of the others. */
export function exitCodeOf(states: readonly StatusDocument["state"][]): ExitCode {
  if (states.includes("failed")) return EXIT.failed;
  const isGood = (state: StatusDocument["state"]) => state === "succeeded" || state === "watching";
  return states.every(isGood) ? EXIT.succeeded : EXIT.undecided;
}

/** Not to have learned of one thing outweighs what was learned of the others: that would be learned by asking again. */
const WORST_FIRST = [EXIT.unreachable, EXIT.usage, EXIT.failed, EXIT.undecided, EXIT.succeeded] as const;

export function worstOf(codes: readonly ExitCode[]): ExitCode {
  return WORST_FIRST.find((code) => codes.includes(code)) ?? EXIT.succeeded;
}

/** Faults of the request are the caller's to mend; so are files that cannot be read, the only other errors. */
const USAGE: ReadonlySet<number> = new Set([400, 409, 413, 415, 422]);

export function exitCodeOfError(error: unknown): ExitCode {
  if (error instanceof ProblemError) return USAGE.has(error.problem.status) ? EXIT.usage : EXIT.unreachable;
  return error instanceof UnreachableError ? EXIT.unreachable : EXIT.usage;
}

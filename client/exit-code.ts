import type { StatusDocument } from "../lib/api/status-document.ts";
import { ProblemError, UnreachableError } from "./errors.ts";

/** The exit statuses of the command. Pipelines depend on them. */
export const EXIT = { succeeded: 0, failed: 1, usage: 2, undecided: 3, unreachable: 4 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The exit code for jobs in these states. A failed job is worse than one that timed out, was lost or was stopped. */
export function exitCodeOfStates(states: readonly StatusDocument["state"][]): ExitCode {
  if (states.includes("failed")) return EXIT.failed;
  const isGood = (state: StatusDocument["state"]) => state === "succeeded" || state === "watching";
  return states.every(isGood) ? EXIT.succeeded : EXIT.undecided;
}

/** A missing result is worse than a bad result, because the missing one may be worse still. */
const WORST_FIRST = [EXIT.unreachable, EXIT.usage, EXIT.failed, EXIT.undecided, EXIT.succeeded] as const;

export function worstExitCode(codes: readonly ExitCode[]): ExitCode {
  return WORST_FIRST.find((code) => codes.includes(code)) ?? EXIT.succeeded;
}

/** The caller can fix requests with these statuses. */
const USAGE_STATUSES: readonly number[] = [400, 409, 413, 415, 422];

/** The exit code for an error. Any other error comes from a file that cannot be read. That is wrong usage. */
export function exitCodeOfError(error: unknown): ExitCode {
  if (error instanceof ProblemError && !USAGE_STATUSES.includes(error.problem.status))
    return EXIT.unreachable;
  return error instanceof UnreachableError ? EXIT.unreachable : EXIT.usage;
}

import type { StatusDocument } from "../lib/api/status-document.ts";
import { ProblemError, UnreachableError } from "./errors.ts";

/** The exit statuses of the command. Pipelines depend on these numbers. */
export const EXIT = { succeeded: 0, failed: 1, usage: 2, undecided: 3, unreachable: 4 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/**
 * Returns the exit code for jobs in `states`. A job whose resource did not become ready counts as failed. A failed job
 * is worse than a job without a result.
 */
export function exitCodeOfStates(states: readonly StatusDocument["state"][]): ExitCode {
  if (states.includes("failed") || states.includes("not_ready")) return EXIT.failed;
  const isGood = (state: StatusDocument["state"]) => state === "succeeded" || state === "watching";
  return states.every(isGood) ? EXIT.succeeded : EXIT.undecided;
}

/** The exit codes from worst to best. An error of a call to the service is worse than a failed job. */
const WORST_FIRST = [EXIT.unreachable, EXIT.usage, EXIT.failed, EXIT.undecided, EXIT.succeeded] as const;

export function worstExitCode(codes: readonly ExitCode[]): ExitCode {
  return WORST_FIRST.find((code) => codes.includes(code)) ?? EXIT.succeeded;
}

/** The HTTP statuses of requests that the caller can correct. */
const USAGE_STATUSES: readonly number[] = [400, 409, 413, 415, 422];

/** Returns the exit code for an error. A file that cannot be read counts as wrong usage. */
export function exitCodeOfError(error: unknown): ExitCode {
  if (error instanceof ProblemError && !USAGE_STATUSES.includes(error.problem.status))
    return EXIT.unreachable;
  return error instanceof UnreachableError ? EXIT.unreachable : EXIT.usage;
}

import type { StatusDocument } from "../lib/api/status-document.ts";
import { ProblemError, TokenError } from "./errors.ts";
import { UsageError } from "./option-values.ts";
import { listFailedDeliveries } from "./status-text.ts";

/**
 * The exit statuses of the command. Pipelines depend on the numbers of these exit statuses, so the numbers must not
 * change.
 */
export const EXIT = {
  succeeded: 0,
  failed: 1,
  usage: 2,
  undecided: 3,
  unreachable: 4,
  notNotified: 5,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/**
 * Returns the exit code for a list of jobs. If one job failed and another job has no result, the exit code is that of
 * the failed job.
 */
export function exitCodeOfStatuses(statuses: readonly StatusDocument[]): ExitCode {
  return worstExitCode(statuses.map(exitCodeOfStatus));
}

/** A job whose resource did not become ready counts as failed. */
function exitCodeOfStatus(status: StatusDocument): ExitCode {
  switch (status.state) {
    case "watching":
      return EXIT.succeeded;
    case "succeeded":
      return listFailedDeliveries(status).length === 0 ? EXIT.succeeded : EXIT.notNotified;
    case "failed":
    case "not_ready":
      return EXIT.failed;
    case "timed_out":
    case "lost":
    case "stopped":
      return EXIT.undecided;
    default:
      return status.state satisfies never;
  }
}

/**
 * The exit codes by priority, highest first. If errors with different exit codes occur, the command returns the exit
 * code with the highest priority.
 */
const WORST_FIRST = [
  EXIT.unreachable,
  EXIT.usage,
  EXIT.failed,
  EXIT.undecided,
  EXIT.notNotified,
  EXIT.succeeded,
] as const;

export function worstExitCode(codes: readonly ExitCode[]): ExitCode {
  return WORST_FIRST.find((code) => codes.includes(code)) ?? EXIT.succeeded;
}

/** The HTTP statuses of responses to requests with mistakes of the caller, such as 400. */
const USAGE_STATUSES: readonly number[] = [400, 409, 413, 415, 422];

/**
 * Returns the exit code for an error. For an unreadable file or an invalid token, returns the exit code of a wrong
 * command line.
 */
export function exitCodeOfError(error: unknown): ExitCode {
  if (error instanceof UsageError || error instanceof TokenError) return EXIT.usage;
  if (error instanceof ProblemError && USAGE_STATUSES.includes(error.problem.status)) return EXIT.usage;
  return EXIT.unreachable;
}

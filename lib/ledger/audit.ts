import type { Instant, WatchKey, WatchState } from "../domain/job.ts";
import type { Watch } from "./watch.ts";

/**
 * A running watch counts as orphaned if its deadline is more than `GRACE_MS` in the past. A running watch also counts
 * as orphaned if the sweep function should have checked the watch more than `GRACE_MS` ago. `GRACE_MS` is longer than
 * an hour, because the rate limit can delay the last poll of a watch by an hour.
 */
const GRACE_MS = 5_400_000;

export interface Audit {
  /** The number of all watches in the ledger. */
  readonly accepted: number;
  readonly concluded: number;
  readonly stopped: number;
  /**
   * The number of running watches that are not orphaned. A watch that a newer release wrote counts as live, because
   * this watch waits until the newer release runs again.
   */
  readonly live: number;
  /**
   * The number of watches that the service itself opened for jobs in CCE (discovery). The other counts contain these
   * watches too.
   */
  readonly discovered: number;
  /**
   * The watches that are neither live nor concluded nor stopped. If there is an orphaned watch, the service has a bug.
   */
  readonly orphaned: readonly OrphanedWatch[];
}

export type OrphanedWatch = Pick<Watch, "project" | "jobId" | "caller" | "traceparent">;

/** Returns true if discovery opened the watch, and not a caller. */
export function isDiscoveryWatch({ caller }: Pick<WatchKey, "caller">): boolean {
  return caller.startsWith("discover:");
}

type WatchClass = "concluded" | "stopped" | "live" | "orphaned";

/**
 * Returns the class of a watch for the audit.
 * @param watch.dueAt the time when the sweep function checks the watch, or null.
 */
export function classifyForAudit(
  { state, dueAt, deadlineAt }: { state: WatchState; dueAt: Instant | null; deadlineAt: Instant },
  now: Instant,
): WatchClass {
  if (state === "stopped") return "stopped";
  if (state !== "watching") return "concluded";
  const isPlanned = dueAt !== null && dueAt > now - GRACE_MS;
  return isPlanned && deadlineAt > now - GRACE_MS ? "live" : "orphaned";
}

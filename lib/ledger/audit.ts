import type { Instant, WatchKey, WatchState } from "../domain/job.ts";
import type { Watch } from "./watch.ts";

/**
 * A watch counts as orphaned if the planned time of its next poll or its deadline is more than `GRACE_MS` in the past.
 * The rate limit can delay the last poll of a watch by an hour.
 */
const GRACE_MS = 5_400_000;

/** The number of watches in each class, as one run of the audit function counted them. */
export interface Audit {
  /** The number of all watches in the ledger. */
  readonly accepted: number;
  readonly concluded: number;
  readonly stopped: number;
  /**
   * The number of running watches whose planned poll and deadline are not more than `GRACE_MS` in the past. A watch
   * that a newer release wrote counts as live, because the watch waits for the newer release.
   */
  readonly live: number;
  /** The number of watches that discovery opened. The watches that discovery opened are also in the other counts. */
  readonly discovered: number;
  /** The watches that are neither live nor concluded nor stopped. If the list is not empty, the service has a bug. */
  readonly orphaned: readonly OrphanedWatch[];
}

/** An orphaned watch and its W3C trace context. */
export type OrphanedWatch = Pick<Watch, "project" | "jobId" | "caller" | "traceparent">;

/** Returns true if discovery, and no caller, opened a watch. */
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

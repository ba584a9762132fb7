import type { Instant, WatchKey, WatchState } from "../domain/job.ts";
import type { Watch } from "./watch.ts";

/**
 * A running watch counts as orphaned if its deadline passed more than `GRACE_MS` ago. A running watch also counts as
 * orphaned if the sweep function should have checked it more than `GRACE_MS` ago. `GRACE_MS` is longer than an hour,
 * because the rate limit can delay the last poll of a watch by an hour.
 */
const GRACE_MS = 5_400_000;

export interface Audit {
  /** The number of all watches in the ledger. */
  readonly accepted: number;
  readonly concluded: number;
  readonly stopped: number;
  /**
   * Running watches that are not orphaned. The audit also counts watches of a newer release as live. A watch of a newer
   * release waits until an operator deploys this release again.
   */
  readonly live: number;
  /** Watches that discovery started for jobs in CCE. */
  readonly discovered: number;
  /**
   * Running watches that the service no longer checks, or whose deadline passed long ago. Each orphaned watch is a bug
   * of the service.
   */
  readonly orphaned: readonly OrphanedWatch[];
}

export type OrphanedWatch = Pick<Watch, "project" | "jobId" | "caller" | "traceparent">;

/** Returns true if discovery started the watch. */
export function isDiscoveryWatch({ caller }: Pick<WatchKey, "caller">): boolean {
  return caller.startsWith("discover:");
}

/**
 * Returns how the audit counts a watch: as concluded, stopped, live or orphaned.
 * @param watch.dueAt when the sweep function checks the watch, or null
 */
export function classifyWatchForAudit(
  { state, dueAt, deadlineAt }: { state: WatchState; dueAt: Instant | null; deadlineAt: Instant },
  now: Instant,
): "concluded" | "stopped" | "live" | "orphaned" {
  if (state === "stopped") return "stopped";
  if (state !== "watching") return "concluded";
  const isPlanned = dueAt !== null && dueAt > now - GRACE_MS;
  return isPlanned && deadlineAt > now - GRACE_MS ? "live" : "orphaned";
}

import type { Instant, Job, WatchGeneration, WatchKey } from "../../lib/domain/job.ts";
import type { Digest, Discovery, WaitingCall } from "../../lib/ledger/ledger.ts";
import type { DeliveryRecord } from "../../lib/ledger/notification.ts";
import type { CallerData, StoredOutcome } from "../../lib/ledger/watch.ts";
import type { SlowRecord } from "../../lib/ledger/watch-deliveries-and-overdue-times.ts";
import type { LatestDurations } from "../../lib/schedule/latest-durations.ts";
import type { StoredWatch } from "../../server/ledger/watch-changes.ts";

export interface WatchRow extends StoredWatch {
  readonly tree: Job | null;
}

export interface NotificationRow {
  readonly delivery: DeliveryRecord;
  readonly owner: string | null;
  readonly leaseUntil: Instant | null;
}

export interface TargetRow {
  readonly offSince: Instant | null;
  readonly goneSince: Instant | null;
  readonly throttledUntil: Instant;
  readonly nextFreeAt: Instant;
}

interface DiscoveryRow extends Discovery {
  readonly listedAt: Instant;
  readonly requested: boolean;
}

/** The state is plain JSON. Rows are replaced, never changed. */
export interface LedgerState {
  readonly watches: Record<string, WatchRow>;
  /** The caller data of each generation of a watch. */
  readonly callerData: Record<string, CallerData>;
  readonly outcomes: Record<string, StoredOutcome>;
  readonly notifications: Record<string, NotificationRow>;
  readonly targets: Record<string, TargetRow>;
  readonly durations: Record<string, Record<string, number>>;
  readonly slow: Record<string, SlowRecord>;
  readonly latestDurations: Record<string, LatestDurations>;
  readonly digests: Record<string, Digest>;
  readonly discoveries: Record<string, DiscoveryRow>;
  /** The IDs of the received messages of SMN. */
  readonly messages: Record<string, true>;
  readonly waitingCalls: Record<number, WaitingCall>;
}

export function emptyLedgerState(): LedgerState {
  return {
    watches: {},
    callerData: {},
    outcomes: {},
    notifications: {},
    targets: {},
    durations: {},
    slow: {},
    latestDurations: {},
    digests: {},
    discoveries: {},
    messages: {},
    waitingCalls: {},
  };
}

/** Returns an ID of a watch. The caller is the last part, because the caller may contain `#`. */
export function idOf({ project, jobId, caller }: WatchKey): string {
  return `${project}#${jobId}#${caller}`;
}

export function idOfGeneration(key: WatchGeneration): string {
  return `${key.generation}#${idOf(key)}`;
}

export function keyOf(id: string): WatchKey {
  const [project = "", jobId = "", ...caller] = id.split("#");
  return { project, jobId, caller: caller.join("#") };
}

import type { Instant, Job, LifeKey, WatchKey } from "../../lib/job.ts";
import type { Digest } from "../../lib/ledger/digest-ledger.ts";
import type { Delivery } from "../../lib/ledger/notice-ledger.ts";
import type { Watch } from "../../lib/ledger/watch.ts";
import type { Acceptance, StoredConclusion } from "../../lib/ledger/watch-ledger.ts";

export interface WatchRow extends Acceptance {
  readonly watch: Watch;
  readonly owner: string | null;
  readonly leaseUntil: Instant;
  readonly dueAt: Instant | null;
  readonly tree: Job | null;
  readonly released: boolean;
}

export interface NoticeRow {
  readonly delivery: Delivery;
  readonly owner: string | null;
  readonly leaseUntil: Instant | null;
}

export interface TargetRow {
  readonly offSince: Instant | null;
  readonly holdUntil: Instant;
  readonly nextFreeAt: Instant;
  readonly gateUntil: Instant;
}

export interface DigestRow extends Omit<Digest, "running"> {
  readonly running: readonly string[];
}

/** All the memory ledger knows, as plain JSON. Rows are replaced, never changed. */
export interface LedgerState {
  readonly watches: Record<string, WatchRow>;
  readonly conclusions: Record<string, StoredConclusion>;
  readonly notices: Record<string, NoticeRow>;
  readonly targets: Record<string, TargetRow>;
  readonly durations: Record<string, Record<string, number>>;
  readonly digests: Record<string, DigestRow>;
}

export function emptyLedgerState(): LedgerState {
  return { watches: {}, conclusions: {}, notices: {}, targets: {}, durations: {}, digests: {} };
}

export function idOf({ project, jobId }: WatchKey): string {
  return `${project}#${jobId}`;
}

/** With the life behind it where it is a later one. */
export function idOfLife(key: LifeKey): string {
  const { life = 0 } = key;
  return `${idOf(key)}${life === 0 ? "" : `#${life}`}`;
}

export function keyOf(id: string): WatchKey {
  const [project = "", jobId = ""] = id.split("#");
  return { project, jobId };
}

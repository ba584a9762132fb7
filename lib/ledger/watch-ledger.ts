import type { Context } from "../domain/context.ts";
import type {
  AccessError,
  Instant,
  Job,
  LastPollError,
  Outcome,
  WatchGeneration,
  WatchKey,
} from "../domain/job.ts";
import type { OutcomeSummary } from "../domain/outcome-summary.ts";
import type { DeliveryRecord } from "./notification-ledger.ts";
import type { Watch } from "./watch.ts";

export interface NewWatch extends WatchKey {
  readonly acceptedAt: Instant;
  readonly deadlineAt: Instant;
  readonly nextPollAt: Instant;
  readonly targets: readonly string[];
  readonly context: Context;
  /** Targets of the caller's own: name (`callback:…`) to encrypted URL. */
  readonly callbacks: Readonly<Record<string, string>>;
  readonly digestId: string | null;
  readonly expiresAt: Instant;
}

export type OpenResult =
  /** A new watch, or one taken up again that was stopped, or let go after an end that told nothing of the job: `poll` is the number of the poll to send. */
  | { readonly kind: "accepted"; readonly poll: number; readonly generation?: number }
  | {
      readonly kind: "already_watching";
      readonly watch: Watch;
      /** Targets this call added. Where the watch has ended, they still have to be told. */
      readonly addedTargets: readonly string[];
    };

export type PollClaim =
  /** `again`: this poll was claimed before, and its lease has ended; it may have begun to conclude. */
  | { readonly kind: "claimed"; readonly watch: Watch; readonly reclaimed: boolean }
  /** Nothing left to do: the watch is over, or a later poll exists, or this poll is done. Acknowledge. */
  | { readonly kind: "stale"; readonly reason: "missing" | "over" | "superseded" | "done" }
  /** A live lease of this very message: its earlier delivery may still run. Fail the record. */
  | { readonly kind: "own_lease" }
  /** A live lease of another message, which is still in its queue. Acknowledge. */
  | { readonly kind: "other_owner" };

export interface PollRecord {
  readonly key: WatchKey;
  readonly poll: number;
  readonly messageId: string;
  readonly at: Instant;
  readonly nextPollAt: Instant;
  readonly phase: string | null;
  readonly jobType: string | null;
  readonly resourceName: string | null;
  readonly accessError: AccessError | null;
  readonly lastPollError: LastPollError | null;
  readonly consecutiveFailures: number;
  /** It only waited for its turn, and counts as no poll. */
  readonly rateLimited: boolean;
  readonly polledAt: readonly Instant[];
  /** The tree as seen, kept for the status page; null leaves what is there. */
  readonly tree: Job | null;
}

export interface WatchEnd {
  readonly key: WatchKey;
  /** Of the acceptance that ends: one that was taken up since goes on. */
  readonly acceptedAt: Instant;
  readonly outcome: Outcome;
  readonly concludedAt: Instant;
  /** The targets that were sent a notification; the watch ends only if the ledger knows no others. */
  readonly targets: readonly string[];
  readonly polledAt: readonly Instant[];
  readonly expiresAt: Instant;
  /** What the last poll saw, for lists of watches; without it what was recorded before stays. */
  readonly lastSeen?: Pick<Watch, "phase" | "jobType" | "resourceName">;
}

export type EndResult =
  | { readonly kind: "ended" }
  /** Targets were added meanwhile: tell these too, then end again. */
  | { readonly kind: "targets_changed"; readonly targets: readonly string[] }
  | { readonly kind: "over" };

export interface StoredOutcome {
  readonly summary: OutcomeSummary;
  readonly tree: Job | null;
}

/** What an acceptance brought along, read when the watch concludes. */
export interface CallerData {
  readonly context: Context;
  readonly callbacks: Readonly<Record<string, string>>;
}

/** Everything known of a watch: the status document is made of it. */
export interface WatchDocument extends CallerData {
  readonly watch: Watch;
  readonly summary: OutcomeSummary | null;
  readonly tree: Job | null;
  /** In the order of `watch.targets`; a target without a delivery yet is pending with no attempts. */
  readonly deliveries: readonly DeliveryRecord[];
}

/** An entry of the overdue index. */
export interface OverdueEntry extends WatchKey {
  readonly dueAt: Instant;
}

export interface WatchLedger {
  openWatch(watch: NewWatch): Promise<OpenResult>;
  claimPoll(poll: {
    key: WatchKey;
    poll: number;
    messageId: string;
    now: Instant;
    leaseMs: number;
  }): Promise<PollClaim>;
  /** Marks a poll done. `superseded`: the lease was lost meanwhile, and nothing was written. */
  recordPoll(record: PollRecord): Promise<"recorded" | "superseded">;
  readCallerData(key: WatchGeneration): Promise<CallerData>;
  /** Keeps the first conclusion of a watch's generation and answers the one that is kept. */
  saveOutcomeOnce(key: WatchGeneration, stored: StoredOutcome, expiresAt: Instant): Promise<OutcomeSummary>;
  readOutcome(key: WatchGeneration): Promise<OutcomeSummary | null>;
  endWatch(ending: WatchEnd): Promise<EndResult>;
  /** Stops a watch. One that is over as `timed_out` or `lost` stays what it is, and is taken up again when it is asked for. */
  stopWatch(key: WatchKey, at: Instant, expiresAt: Instant): Promise<"stopped" | "over" | "missing">;
  readWatch(key: WatchKey): Promise<WatchDocument | null>;
  /** Watches whose `dueAt` lies before `now`, the longest overdue first within a shard; at most `limit`. */
  listOverdue(now: Instant, limit: number): Promise<readonly OverdueEntry[]>;
  /** Moves a watch in the overdue index, or takes it out (null), unless somebody else has moved it since. */
  rescheduleSweep(entry: OverdueEntry, dueAt: Instant | null): Promise<"moved" | "changed">;
  /**
   * Puts a watch (even one that is over) into the overdue index at `dueAt`, unless it is due before: a later
   * sweep will verify its deliveries. With `expiresAt`, what will be told is kept until then at the least. Nothing happens
   * when there is no such watch.
   */
  scheduleSweep(key: WatchGeneration, dueAt: Instant, expiresAt: Instant | null): Promise<void>;
  /** The latest watches of a project, newest first. Throws `PageTokenError` for a `before` that no page gave. */
  listRecentWatches(project: string, page: { limit: number; before: string | null }): Promise<WatchPage>;
}

export interface WatchPage {
  readonly watches: readonly Watch[];
  /** Hand back as `before` for the next page; null on the last. */
  readonly next: string | null;
}

/** The `before` of a page was not made by `recent`. */
export class PageTokenError extends Error {
  override readonly name = "PageTokenError";
}

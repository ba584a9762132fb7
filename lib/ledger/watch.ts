import * as z from "zod/mini";
import type { Context } from "../domain/context.ts";
import {
  type Instant,
  type Job,
  MaybeInstant,
  type Outcome,
  type PollErrors,
  type WatchGeneration,
  type WatchKey,
  WatchState,
} from "../domain/job.ts";
import type { OutcomeSummary } from "../domain/outcome-summary.ts";
import { MaybeText } from "../domain/zod-fields.ts";
import type { DeliveryRecord } from "./notification.ts";

/** The maximum number of poll times that a watch stores. */
export const POLL_HISTORY = 60;

/** The fields of a watch that the ledger stores without conversion. */
export const WatchFields = z.object({
  generation: z.int(),
  state: WatchState,
  /** The number of the latest claimed poll. 0 before the first poll. A restart does not reset the number. */
  poll: z.int(),
  /** True when the message for the next poll is in the queue. `pollDone` is also true before the first poll. */
  pollDone: z.boolean(),
  /** The number of the latest poll in the previous generation. 0 in the first generation. */
  previousPolls: z._default(z.int(), 0),
  /** The number of polls in the current generation that the rate limit postponed. A postponed poll sends no query. */
  rateLimitedPolls: z._default(z.int(), 0),
  acceptedAt: z.number(),
  deadlineAt: z.number(),
  concludedAt: z._default(MaybeInstant, null),
  /** The planned time of the next poll. Null after the end of the watch. */
  nextPollAt: z._default(MaybeInstant, null),
  digestId: z._default(MaybeText, null),
  /** The latest observed phase of the job. Long values of `phase`, `jobType` and `resourceName` are truncated. */
  phase: z._default(MaybeText, null),
  jobType: z._default(MaybeText, null),
  resourceName: z._default(MaybeText, null),
  consecutiveFailures: z._default(z.int(), 0),
});

/** The current generation of a watch. Every poll reads and writes all fields. */
export interface Watch extends WatchGeneration, PollErrors, Readonly<z.infer<typeof WatchFields>> {
  /** The sorted names of targets and callbacks. */
  readonly targets: readonly string[];
  /** The times of the latest polls, oldest first. The list has at most `POLL_HISTORY` times. */
  readonly polledAt: readonly Instant[];
}

/** The data that callers attached to a watch. */
export interface CallerData {
  readonly context: Context;
  /** The encrypted callback URLs by callback name. */
  readonly callbacks: Readonly<Record<string, string>>;
}

export interface NewWatch
  extends WatchKey,
    CallerData,
    Pick<Watch, "acceptedAt" | "deadlineAt" | "targets" | "digestId"> {
  readonly nextPollAt: Instant;
  /** The time after which the ledger may delete the watch. */
  readonly expiresAt: Instant;
}

export type OpenResult =
  /** The watch is new or restarted. The caller sends the message for the poll with the number `poll`. */
  | { readonly kind: "accepted"; readonly poll: number; readonly generation: number }
  /** The job has a watch already. If the watch has ended, the caller notifies the targets in `addedTargets`. */
  | { readonly kind: "already_watching"; readonly watch: Watch; readonly addedTargets: readonly string[] };

export interface PollToClaim {
  readonly key: WatchKey;
  readonly poll: number;
  readonly messageId: string;
  readonly now: Instant;
  readonly leaseMs: number;
}

export type PollClaim =
  /** `reclaimed` is true when an earlier claim of the poll expired. The earlier poll may have stored an outcome. */
  | { readonly kind: "claimed"; readonly watch: Watch; readonly reclaimed: boolean }
  /** The poll is not needed. The message can be acknowledged. */
  | { readonly kind: "stale"; readonly reason: "missing" | "over" | "superseded" | "done" }
  /** The message holds a lease already. An earlier invocation for the message may still run. */
  | { readonly kind: "own_lease" }
  /** Another message in the queue holds the lease. The message of the caller can be acknowledged. */
  | { readonly kind: "other_owner" };

/** The fields of an observed job that a watch stores. */
export type ObservedJob = Pick<Watch, "phase" | "jobType" | "resourceName">;

export interface PollRecord extends ObservedJob, PollErrors, Pick<Watch, "polledAt"> {
  readonly key: WatchKey;
  readonly poll: number;
  readonly messageId: string;
  readonly nextPollAt: Instant;
  /** True when the rate limit postponed the query of the poll. */
  readonly rateLimited: boolean;
  /** The observed job with its subjobs. Null keeps the stored job. */
  readonly tree: Job | null;
}

export interface WatchEnd {
  readonly key: WatchKey;
  /** The acceptance time of the generation that ends. */
  readonly acceptedAt: Instant;
  readonly outcome: Outcome;
  readonly concludedAt: Instant;
  /** The targets whose notifications were sent. If the watch has more targets, the watch does not end. */
  readonly targets: readonly string[];
  readonly polledAt: readonly Instant[];
  readonly expiresAt: Instant;
  /** The fields of the job from the last poll. Without `job`, the ledger keeps the recorded fields. */
  readonly job?: ObservedJob;
}

export type EndResult =
  | { readonly kind: "ended" }
  /** The watch did not end, because the watch has new targets. The caller notifies all `targets` and tries again. */
  | { readonly kind: "targets_changed"; readonly targets: readonly string[] }
  | { readonly kind: "over" };

export interface StoredOutcome {
  readonly summary: OutcomeSummary;
  readonly tree: Job | null;
}

/** All stored data of the current generation of a watch. */
export interface WatchDocument extends CallerData {
  readonly watch: Watch;
  readonly summary: OutcomeSummary | null;
  readonly tree: Job | null;
  /** One delivery record per target, in the order of `watch.targets`. */
  readonly deliveries: readonly DeliveryRecord[];
}

/** A watch that the sweep has to check. */
export interface OverdueEntry extends WatchKey {
  readonly dueAt: Instant;
}

export interface WatchPage {
  readonly watches: readonly Watch[];
  /** The value of `before` for the next page. Null on the last page. */
  readonly next: string | null;
}

export interface WatchLedger {
  /**
   * Creates a watch when the job has no watch. Restarts a watch that was stopped or is restartable.
   * Adds targets and callbacks to a watch that is neither stopped nor restartable.
   */
  openWatch(watch: NewWatch): Promise<OpenResult>;
  /** Claims a poll for one message. A claim allows the message to send one query. */
  claimPoll(poll: PollToClaim): Promise<PollClaim>;
  /** Marks a claimed poll as done. If the claim was lost, returns `superseded` and writes nothing. */
  recordPoll(record: PollRecord): Promise<"recorded" | "superseded">;
  /** Returns the context and the callbacks of a watch. Returns empty objects when the watch does not exist. */
  readCallerData(generation: WatchGeneration): Promise<CallerData>;
  /** Stores an outcome unless the generation has an outcome already. Returns the summary of the stored outcome. */
  saveOutcomeOnce(
    generation: WatchGeneration,
    outcome: StoredOutcome,
    expiresAt: Instant,
  ): Promise<OutcomeSummary>;
  readOutcome(generation: WatchGeneration): Promise<OutcomeSummary | null>;
  endWatch(end: WatchEnd): Promise<EndResult>;
  /**
   * Stops a watch that has not ended.
   * A watch that ended as `timed_out` or `lost` keeps its outcome and becomes restartable.
   */
  stopWatch(key: WatchKey, at: Instant, expiresAt: Instant): Promise<"stopped" | "over" | "missing">;
  /** Returns all stored data of a watch. Returns null when the watch does not exist. */
  readWatch(key: WatchKey): Promise<WatchDocument | null>;
  /** Returns at most `limit` watches whose check is due before `now`. The longest overdue watch is first. */
  listOverdue(now: Instant, limit: number): Promise<readonly OverdueEntry[]>;
  /**
   * Changes the time at which the sweep checks a watch. If `dueAt` is null, the sweep does not check the watch.
   * Returns `changed` when another call changed the time first.
   */
  rescheduleSweep(entry: OverdueEntry, dueAt: Instant | null): Promise<"moved" | "changed">;
  /**
   * Makes the sweep check a watch at `dueAt` or earlier, even after the end of the watch.
   * If `expiresAt` is a time, the ledger keeps the watch and the outcome at least until `expiresAt`.
   * Does nothing when the watch does not exist.
   */
  scheduleSweep(generation: WatchGeneration, dueAt: Instant, expiresAt: Instant | null): Promise<void>;
  /**
   * Returns the watches of a project, newest first.
   * @param page.before the value of `next` on the previous page, or null for the first page.
   * @throws PageTokenError when `page.before` is not a valid page token.
   */
  listRecentWatches(
    project: string,
    page: { readonly limit: number; readonly before: string | null },
  ): Promise<WatchPage>;
}

/** Returns the number of polls in the current generation, including a poll that is in progress. */
export function countPollsMade(watch: Pick<Watch, "poll" | "previousPolls" | "rateLimitedPolls">): number {
  return watch.poll - watch.previousPolls - watch.rateLimitedPolls;
}

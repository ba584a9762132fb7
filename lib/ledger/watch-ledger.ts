import type { Instant, Job, JobKey, Outcome, PollErrors, WatchGeneration, WatchKey } from "../domain/job.ts";
import type { Operation } from "../domain/operation.ts";
import type { ReadyProgress } from "../domain/ready.ts";
import type { NotificationGenerations } from "./notification.ts";
import type {
  CallerData,
  EndedJob,
  ObservedJob,
  OutcomeRecord,
  StoredOutcome,
  Watch,
  WatchDocument,
  WatchLimits,
} from "./watch.ts";

export interface NewWatch
  extends WatchKey,
    CallerData,
    Pick<Watch, "acceptedAt" | "deadlineAt" | "targets" | "digestId" | "traceparent"> {
  /**
   * The limits for targets that the call adds to an existing watch. If `limits` is absent, the number of targets is
   * not limited.
   */
  readonly limits?: WatchLimits;
  /** If `readyMinutes` is absent or null, the watch ends with the job. */
  readonly readyMinutes?: number | null;
  /** If `operation` is absent or null, the watch is about a job. */
  readonly operation?: Operation | null;
  readonly nextPollAt: Instant;
  /** The time after which the watch may be deleted. */
  readonly expiresAt: Instant;
}

export type OpenResult =
  /** The watch is new or restarted. The calling function must now send the message of poll number `poll`. */
  | { readonly kind: "accepted"; readonly poll: number; readonly generation: number }
  /**
   * The caller already watches the job. The ledger added the new targets of the call to the existing watch. A running
   * watch gets the later deadline of the two calls. If the watch has ended, the calling function must notify
   * `addedTargets`.
   */
  | {
      readonly kind: "already_watching";
      readonly watch: Watch;
      readonly addedTargets: readonly string[];
      /** For an ended watch, the generations in the notification keys of `addedTargets`. */
      readonly generations: NotificationGenerations;
    }
  /** The call would exceed a limit of the watch. The call did not change the watch. */
  | { readonly kind: "limit_exceeded"; readonly limit: keyof WatchLimits };

export interface PollToClaim {
  readonly key: WatchKey;
  readonly poll: number;
  readonly messageId: string;
  readonly now: Instant;
  readonly leaseMs: number;
}

/** Identifies a poll of a watch, and the queue message that requests the poll. */
export type PollOfMessage = Pick<PollToClaim, "key" | "poll" | "messageId">;

export type PollClaim =
  /**
   * `reclaimed` is true if an earlier invocation claimed the poll and did not finish in time. The earlier invocation
   * may have stored an outcome of the watch. `unfinishedTries` is the number of earlier invocations that claimed the
   * poll and then crashed.
   */
  | {
      readonly kind: "claimed";
      readonly watch: Watch;
      readonly reclaimed: boolean;
      readonly unfinishedTries: number;
    }
  /** The watch does not need this poll any more, so the message can be acknowledged. */
  | { readonly kind: "stale"; readonly reason: "missing" | "over" | "superseded" | "done" }
  /**
   * The same queue message has already claimed the poll in an earlier invocation. The earlier invocation of the
   * function may still run.
   */
  | { readonly kind: "own_lease" }
  /**
   * Another queue message has claimed the poll. The calling function acknowledges its own queue message, so that the
   * queue does not deliver this message again.
   */
  | { readonly kind: "other_owner" };

export interface PollRecord extends ObservedJob, PollErrors, Pick<Watch, "polledAt"> {
  readonly key: WatchKey;
  readonly poll: number;
  readonly messageId: string;
  readonly nextPollAt: Instant;
  /** True if the rate limit postponed the query. */
  readonly rateLimited: boolean;
  /** If `ready` is absent, the ledger keeps the stored value. */
  readonly ready?: ReadyProgress | undefined;
  /** If `slowAt` is absent, the ledger keeps the stored value. */
  readonly slowAt?: Instant | null | undefined;
  /** The job in the response of CCE. If `tree` is null, the stored tree does not change. */
  readonly tree: Job | null;
}

export interface WatchEnd {
  readonly key: WatchKey;
  /** The time at which the service accepted the generation of the watch that ends now. */
  readonly acceptedAt: Instant;
  readonly outcome: Outcome;
  readonly concludedAt: Instant;
  /** The targets for which a notify message was sent. If the watch has other targets too, the watch does not end. */
  readonly targets: readonly string[];
  readonly polledAt: readonly Instant[];
  readonly expiresAt: Instant;
  /** Fields of the job, such as its type, from the outcome. If `job` is absent, the ledger keeps the stored fields. */
  readonly job?: EndedJob;
}

export type EndResult =
  | { readonly kind: "ended" }
  /**
   * The watch did not end, because the caller has added targets. The caller must notify all `targets` and call
   * `endWatchUnlessTargetsAdded` again.
   */
  | { readonly kind: "targets_changed"; readonly targets: readonly string[] }
  | { readonly kind: "over" };

export type WatchProgress = Pick<Watch, "state" | "nextPollAt">;

/** A watch that the sweep function must check, because one of its queue messages may be lost. */
export interface OverdueEntry extends WatchKey {
  readonly dueAt: Instant;
}

interface WatchPage {
  readonly watches: readonly Watch[];
  /**
   * The token for the next page. The caller sends the token in the parameter `before`. `next` is null on the last page.
   */
  readonly next: string | null;
}

export interface WatchChangeLedger {
  /**
   * Creates a watch if the caller has no watch of the job. If `isRestartedByCall` returns true, the existing watch is
   * restarted. A restarted watch has a higher generation than all other watches of the job. If `isRestartedByCall`
   * returns false, the existing watch gets the new targets and callbacks. If the two deadlines differ, the later
   * deadline applies. If the two values of `readyMinutes` differ, the longer time applies.
   */
  startOrExtendWatch(watch: NewWatch): Promise<OpenResult>;
  /**
   * Reserves a poll for one queue message for the time `leaseMs` (lease). During the lease, only the queue message with
   * the claim may query the job.
   */
  claimPoll(poll: PollToClaim): Promise<PollClaim>;
  /**
   * Undoes the claim of a poll if the poll was not made. An undone claim does not count as a crash. The same
   * queue message may claim the poll again at once. If another queue message has claimed the poll, nothing happens.
   */
  undoPollClaim(claimed: PollOfMessage): Promise<void>;
  /**
   * Stores the result of a poll and marks the poll as done. If the queue message has lost its claim of the poll, the
   * function writes nothing and returns `superseded`.
   */
  recordPoll(record: PollRecord): Promise<"recorded" | "superseded">;
  /**
   * Returns the context and the callbacks of a watch generation. If the ledger does not contain the generation, the
   * context and the callbacks are empty.
   */
  readCallerData(generation: WatchGeneration): Promise<CallerData>;
  /** Stores the outcome of a watch generation, unless it already has one. Returns the stored outcome. */
  saveOutcomeOnce(
    generation: WatchGeneration,
    outcome: StoredOutcome,
    expiresAt: Instant,
  ): Promise<OutcomeRecord>;
  readOutcomeWithoutTree(generation: WatchGeneration): Promise<OutcomeRecord | null>;
  endWatchUnlessTargetsAdded(end: WatchEnd): Promise<EndResult>;
  /**
   * Stops a running watch. A watch with the outcome `timed_out` or `lost` keeps its outcome. The next call for the job
   * restarts the watch.
   */
  stopWatch(key: WatchKey, at: Instant, expiresAt: Instant): Promise<"stopped" | "over" | "missing">;
}

export interface WatchReadLedger {
  /** The result is null if the watch does not exist. */
  readWatch(key: WatchKey): Promise<WatchDocument | null>;
  /**
   * Returns only the state and the next poll time of a watch, which is cheaper than `readWatch`. The returned state
   * may be a second old. Returns null if the watch does not exist.
   */
  readProgressEventuallyConsistent(key: WatchKey): Promise<WatchProgress | null>;
  /** Returns all watches of a job, newest first. */
  listJobWatches(job: JobKey): Promise<readonly Watch[]>;
  /**
   * Counts the running watches of a caller, and ended watches with unfinished notifications. The returned count may be
   * some seconds old.
   */
  countUnfinishedWatchesApproximately(caller: string): Promise<number>;
  /**
   * Returns at most `limit` watches that the sweep function should have checked before `now`. A watch that the sweep
   * function checked recently comes last.
   */
  listOverdueWatches(now: Instant, limit: number): Promise<readonly OverdueEntry[]>;
  /**
   * Changes when the sweep function checks a watch. If `dueAt` is null, the sweep function does not check the watch
   * again. If another call has changed the time of the check, the result is `changed`. If the watch is running and
   * `dueAt` is null, the result is `changed` too.
   */
  rescheduleSweepIfUnchanged(entry: OverdueEntry, dueAt: Instant | null): Promise<"moved" | "changed">;
  /**
   * Makes the sweep function check the watch at `dueAt` or earlier, even after its end. With `expiresAt`, the ledger
   * stores the watch, its outcome and its slow job at least until `expiresAt`. If the watch does not exist, nothing
   * happens.
   */
  scheduleSweepByAndExtendExpiry(
    generation: WatchGeneration,
    dueAt: Instant,
    expiresAt: Instant | null,
  ): Promise<void>;
  /**
   * Returns one page of a project's watches, newest first.
   * @param page.before `next` of the previous page, or null for the first page
   * @throws PageTokenError if `page.before` is not a valid page token
   */
  listRecentWatches(
    project: string,
    page: { readonly limit: number; readonly before: string | null },
  ): Promise<WatchPage>;
}

export interface WatchLedger extends WatchChangeLedger, WatchReadLedger {}

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
   * Limits for the targets that the call adds to an existing watch. Without `limits`, the call can add any number of
   * targets.
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
  /**
   * The watch is new or restarted. The calling function must send the queue message of the poll with the number `poll`.
   */
  | { readonly kind: "accepted"; readonly poll: number; readonly generation: number }
  /**
   * The caller already has a watch of the job, so the ledger added the new targets to this watch. The deadline of a
   * running watch can become later, but not earlier. If the watch has ended, the calling function must notify
   * `addedTargets`.
   */
  | {
      readonly kind: "already_watching";
      readonly watch: Watch;
      readonly addedTargets: readonly string[];
      /** The generations for the notification keys of `addedTargets`. Only an ended watch has generations here. */
      readonly generations: NotificationGenerations;
    }
  /** The watch did not change, because the new targets exceed the limit `limit`. */
  | { readonly kind: "limit_exceeded"; readonly limit: keyof WatchLimits };

export interface PollToClaim {
  readonly key: WatchKey;
  readonly poll: number;
  readonly messageId: string;
  readonly now: Instant;
  readonly leaseMs: number;
}

/** A poll, and the queue message that requested it. */
export type PollOfMessage = Pick<PollToClaim, "key" | "poll" | "messageId">;

export type PollClaim =
  /**
   * `reclaimed` is true if an earlier invocation of the function claimed the same poll and then crashed or ran too
   * long. The earlier invocation may have stored an outcome of the watch. After a lost response, `reclaimed` is true
   * although the claim may be the first one. `unfinishedTries` is the number of earlier invocations that crashed or ran
   * too long.
   */
  | {
      readonly kind: "claimed";
      readonly watch: Watch;
      readonly reclaimed: boolean;
      readonly unfinishedTries: number;
    }
  /** The watch no longer needs this poll. The calling function must acknowledge the queue message. */
  | { readonly kind: "stale"; readonly reason: "missing" | "over" | "superseded" | "done" }
  /**
   * An earlier invocation of the function has claimed the poll for the same queue message. The earlier invocation may
   * still run.
   */
  | { readonly kind: "own_lease" }
  /**
   * The poll is claimed for another queue message. The calling function must acknowledge its own queue message, so that
   * the queue does not deliver it again.
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
  /** The job with its subjobs from the response of CCE. If `tree` is null, the stored tree does not change. */
  readonly tree: Job | null;
}

export interface WatchEnd {
  readonly key: WatchKey;
  /** The acceptance time of the watch generation that ends. */
  readonly acceptedAt: Instant;
  readonly outcome: Outcome;
  readonly concludedAt: Instant;
  /**
   * The targets for which the service has put a message into the notify queue. If the watch has other targets too, the
   * watch does not end.
   */
  readonly targets: readonly string[];
  readonly polledAt: readonly Instant[];
  readonly expiresAt: Instant;
  /** The job type and other fields of the ended job. Without `job`, the ledger keeps the stored fields. */
  readonly job?: EndedJob;
}

export type EndResult =
  | { readonly kind: "ended" }
  /**
   * The watch still runs, because a call has added targets. The calling function must notify all `targets`, and then
   * try again to end the watch.
   */
  | { readonly kind: "targets_changed"; readonly targets: readonly string[] }
  | { readonly kind: "over" };

export type WatchProgress = Pick<Watch, "state" | "nextPollAt">;

/** A watch that the sweep function must check now, because a queue message of the watch may be lost. */
export interface OverdueEntry extends WatchKey {
  readonly dueAt: Instant;
}

interface WatchPage {
  readonly watches: readonly Watch[];
  /**
   * The page token of the next page, or null on the last page. An API client sends the page token in the query
   * parameter `before`.
   */
  readonly next: string | null;
}

export interface WatchChangeLedger {
  /**
   * Creates a watch if the caller has no watch of the job. If `isRestartedByCall` returns true, the existing watch is
   * restarted. A restarted watch has a higher generation than all other watches of the job. If `isRestartedByCall`
   * returns false, the existing watch gets the new targets and callbacks. If the deadlines or the values of
   * `readyMinutes` differ, the later deadline and the longer time apply.
   */
  startOrExtendWatch(watch: NewWatch): Promise<OpenResult>;
  /**
   * Reserves a poll for one queue message (a claim). For `leaseMs` milliseconds (the lease), no other queue message can
   * make the poll.
   */
  claimPoll(poll: PollToClaim): Promise<PollClaim>;
  /**
   * Cancels the claim of a poll that was not made, so that the queue message can claim the poll again at once. A
   * cancelled claim does not increase `unfinishedTries`. If the claim belongs to another queue message, nothing
   * happens.
   */
  undoPollClaim(claimed: PollOfMessage): Promise<void>;
  /**
   * Stores the result of a poll and marks the poll as done. If the claim belongs to another queue message, the function
   * writes nothing and returns `superseded`.
   */
  recordPoll(record: PollRecord): Promise<"recorded" | "superseded">;
  /**
   * Returns the context and the callbacks of a watch generation. If the ledger does not contain the generation, the
   * context and the callbacks are empty.
   */
  readCallerData(generation: WatchGeneration): Promise<CallerData>;
  /** Stores the outcome of a watch generation, unless an outcome is already stored. Returns the stored outcome. */
  getOrCreateOutcome(
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
  /** Returns null for an unknown watch. */
  readWatchDocumentOrNull(key: WatchKey): Promise<WatchDocument | null>;
  /**
   * Returns only the state and the next poll time of a watch, or null for an unknown watch. A call costs less than a
   * call of `readWatchDocumentOrNull`. The returned values may be a second old.
   */
  readProgressEventuallyConsistent(key: WatchKey): Promise<WatchProgress | null>;
  /** Returns all watches of a job, newest first. */
  listJobWatchesNewestFirst(job: JobKey): Promise<readonly Watch[]>;
  /**
   * Counts the running watches of a caller, and ended watches with unfinished notifications. The returned count may be
   * some seconds old.
   */
  countUnfinishedWatchesApproximately(caller: string): Promise<number>;
  /**
   * Returns at most `limit` watches that the sweep function must check now. The watch that was checked most recently
   * comes last.
   */
  listOverdueWatches(now: Instant, limit: number): Promise<readonly OverdueEntry[]>;
  /**
   * Sets the time of the next check of a watch by the sweep function to `dueAt`. If `dueAt` is null, the sweep function
   * never checks the watch again. If another call has changed the time of the check, nothing happens, and the result is
   * `changed`. If the watch is running and `dueAt` is null, the result is `changed` too.
   */
  rescheduleSweepIfUnchanged(entry: OverdueEntry, dueAt: Instant | null): Promise<"moved" | "changed">;
  /**
   * Ensures that the sweep function checks a watch before or at `dueAt`, even if the watch has ended. The ledger must
   * not delete the data of the watch before `expiresAt`. For an unknown watch, nothing happens.
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

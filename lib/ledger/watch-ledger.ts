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
  /** The limits that hold when the call adds targets to a watch. Without `limits`, no limit holds. */
  readonly limits?: WatchLimits;
  /** If `readyMinutes` is absent or null, the watch ends with the job. */
  readonly readyMinutes?: number | null;
  /** If `operation` is absent or null, polls query the job with the job ID. */
  readonly operation?: Operation | null;
  readonly nextPollAt: Instant;
  /** The time after which the ledger may delete the watch. */
  readonly expiresAt: Instant;
}

export type OpenResult =
  /**
   * The watch is new or restarted. The code that opened the watch sends the message for the poll with the number
   * `poll`.
   */
  | { readonly kind: "accepted"; readonly poll: number; readonly generation: number }
  /**
   * The caller has a watch of the job already. The call has added its targets to the watch. If the watch is running,
   * the call has moved the deadline to the later deadline. If the watch has ended, the code that opened the watch
   * notifies the targets in `addedTargets`.
   */
  | {
      readonly kind: "already_watching";
      readonly watch: Watch;
      readonly addedTargets: readonly string[];
      /** The generations in the notification keys of the added targets, if the watch has ended. */
      readonly generations: NotificationGenerations;
    }
  /**
   * The call would add more targets or callbacks than the limit of the watch allows. The call did not change the watch.
   */
  | { readonly kind: "limit_exceeded"; readonly limit: keyof WatchLimits };

export interface PollToClaim {
  readonly key: WatchKey;
  readonly poll: number;
  readonly messageId: string;
  readonly now: Instant;
  readonly leaseMs: number;
}

/** A poll, and the message that has claimed the poll or wants to claim the poll. */
export type PollOfMessage = Pick<PollToClaim, "key" | "poll" | "messageId">;

export type PollClaim =
  /**
   * `reclaimed` is true if the poll was claimed earlier but not finished in time. The earlier invocation may have
   * stored an outcome. `unfinishedTries` is the number of earlier claims of the poll that no function has recorded or
   * undone, for example because the poll ended the process of the function.
   */
  | {
      readonly kind: "claimed";
      readonly watch: Watch;
      readonly reclaimed: boolean;
      readonly unfinishedTries: number;
    }
  /** The watch does not need the poll any more, so the poll function can acknowledge the message of the poll. */
  | { readonly kind: "stale"; readonly reason: "missing" | "over" | "superseded" | "done" }
  /**
   * An earlier delivery of the same queue message has already claimed the poll. The invocation for the earlier delivery
   * may still run.
   */
  | { readonly kind: "own_lease" }
  /** Another message in the queue has claimed the poll. The poll function can acknowledge its own message. */
  | { readonly kind: "other_owner" };

export interface PollRecord extends ObservedJob, PollErrors, Pick<Watch, "polledAt"> {
  readonly key: WatchKey;
  readonly poll: number;
  readonly messageId: string;
  readonly nextPollAt: Instant;
  /** `rateLimited` is true if the rate limit postponed the query of the poll. */
  readonly rateLimited: boolean;
  /** If `ready` is absent, the ledger keeps the stored value. */
  readonly ready?: ReadyProgress | undefined;
  /** If `slowAt` is absent, the ledger keeps the stored value. */
  readonly slowAt?: Instant | null | undefined;
  /**
   * The job with its subjobs, as the poll read the job from CCE. If `tree` is null, the ledger keeps the stored job.
   */
  readonly tree: Job | null;
}

export interface WatchEnd {
  readonly key: WatchKey;
  /** The acceptance time of the watch generation that ends. */
  readonly acceptedAt: Instant;
  readonly outcome: Outcome;
  readonly concludedAt: Instant;
  /**
   * The targets whose notifications were sent. If the watch has more targets than these targets, the watch does not
   * end.
   */
  readonly targets: readonly string[];
  readonly polledAt: readonly Instant[];
  readonly expiresAt: Instant;
  /** The fields of the job from the outcome. If `job` is absent, the ledger keeps the stored fields. */
  readonly job?: EndedJob;
}

export type EndResult =
  | { readonly kind: "ended" }
  /**
   * The watch did not end, because the caller has added targets to the watch. The code that ends the watch must notify
   * all `targets` and call `endWatch` again.
   */
  | { readonly kind: "targets_changed"; readonly targets: readonly string[] }
  | { readonly kind: "over" };

/** The fields of a watch that change when a poll is recorded or the watch ends. */
export type WatchProgress = Pick<Watch, "state" | "nextPollAt">;

/** A watch that the sweep function has to check. */
export interface OverdueEntry extends WatchKey {
  readonly dueAt: Instant;
}

interface WatchPage {
  readonly watches: readonly Watch[];
  /** The value of `before` for the next page of watches. `next` is null on the last page of watches. */
  readonly next: string | null;
}

/** The operations that change watches, and the operations on the outcomes and the caller data of watches. */
export interface WatchChangeLedger {
  /**
   * Creates a watch if the caller has no watch of the job. Restarts the watch of the caller in the cases of
   * `isRestartedByCall`. The generation of a restarted watch is higher than the generations of all watches of the job.
   * If the watch exists and is not restarted, the operation adds the targets and callbacks to the watch of the caller.
   * The later of both deadlines and the longer of both times `readyMinutes` then apply.
   */
  startOrExtendWatch(watch: NewWatch): Promise<OpenResult>;
  /**
   * Claims a poll for one message. The claim starts a lease of the poll: for the time of the lease, only the claiming
   * message may query the job.
   */
  claimPoll(poll: PollToClaim): Promise<PollClaim>;
  /**
   * Undoes the claim of a poll that the message could not make, so that the claim does not count as an unfinished try.
   * The same message may claim the poll again at once. Does nothing if another message has claimed the poll in the
   * meantime.
   */
  undoPollClaim(claimed: PollOfMessage): Promise<void>;
  /**
   * Marks a claimed poll as done. If the message has lost the claim of the poll, returns `superseded` and writes
   * nothing.
   */
  recordPoll(record: PollRecord): Promise<"recorded" | "superseded">;
  /**
   * Returns the context and the callbacks of a watch generation. Returns an empty context and no callbacks if the watch
   * generation does not exist.
   */
  readCallerData(generation: WatchGeneration): Promise<CallerData>;
  /**
   * Stores the outcome of a watch generation, unless the watch generation has an outcome already. Returns the outcome
   * that the ledger contains after the call.
   */
  saveOutcomeOnce(
    generation: WatchGeneration,
    outcome: StoredOutcome,
    expiresAt: Instant,
  ): Promise<OutcomeRecord>;
  readOutcome(generation: WatchGeneration): Promise<OutcomeRecord | null>;
  endWatch(end: WatchEnd): Promise<EndResult>;
  /**
   * Stops a watch that has not ended. A watch that ended as `timed_out` or `lost` keeps its outcome and becomes
   * restartable.
   */
  stopWatch(key: WatchKey, at: Instant, expiresAt: Instant): Promise<"stopped" | "over" | "missing">;
}

/** The operations that read watches, and the operations on the times when the sweep function checks watches. */
export interface WatchReadLedger {
  /** Returns null if the watch does not exist. */
  readWatch(key: WatchKey): Promise<WatchDocument | null>;
  /**
   * Returns the progress of a watch, which costs less than `readWatch`. The progress may be a second old. Returns null
   * if the watch does not exist.
   */
  readProgress(key: WatchKey): Promise<WatchProgress | null>;
  /** Returns the watches that callers have of a job. The newest watch is first. */
  listJobWatches(job: JobKey): Promise<readonly Watch[]>;
  /**
   * Counts the watches of a caller that the sweep function may have to check: the running watches, and the ended
   * watches whose notifications are not final. The count may be some seconds old.
   */
  countLiveWatches(caller: string): Promise<number>;
  /**
   * Returns at most `limit` watches that the sweep function has to check before `now`. A watch that the sweep function
   * has handled comes after the watches that were overdue at that time.
   */
  listOverdue(now: Instant, limit: number): Promise<readonly OverdueEntry[]>;
  /**
   * Changes the time when the sweep function checks a watch. If `dueAt` is null, the sweep function does not check the
   * watch. Returns `changed` if another call changed the time of the check first, or if `dueAt` is null and the watch
   * is running.
   */
  rescheduleSweep(entry: OverdueEntry, dueAt: Instant | null): Promise<"moved" | "changed">;
  /**
   * Makes the sweep function check the watch at `dueAt` or earlier, even if the watch has ended. If `expiresAt` is not
   * null, the ledger keeps the watch, the outcome and the record of a slow job at least until `expiresAt`. Does nothing
   * if the watch does not exist.
   */
  scheduleSweepBy(generation: WatchGeneration, dueAt: Instant, expiresAt: Instant | null): Promise<void>;
  /**
   * Returns the watches that all callers have in a project. The newest watch is first.
   * @param page.before the value of `next` on the previous page of watches, or null for the first page of watches.
   * @throws PageTokenError if `page.before` is not a valid page token.
   */
  listRecentWatches(
    project: string,
    page: { readonly limit: number; readonly before: string | null },
  ): Promise<WatchPage>;
}

export interface WatchLedger extends WatchChangeLedger, WatchReadLedger {}

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
  /** The limits for targets that the call adds to an existing watch. By default, there is no limit. */
  readonly limits?: WatchLimits;
  /** If it is absent or null, the watch ends with the job. */
  readonly readyMinutes?: number | null;
  /** If it is absent or null, the watch is about a job. */
  readonly operation?: Operation | null;
  readonly nextPollAt: Instant;
  /** The watch may be deleted after this time. */
  readonly expiresAt: Instant;
}

export type OpenResult =
  /** The watch is new or restarted. The caller of the ledger must now send the message of poll number `poll`. */
  | { readonly kind: "accepted"; readonly poll: number; readonly generation: number }
  /**
   * The caller already watches the job. The targets of the call were added to this watch. For a running watch, the
   * later deadline applies. If the watch has ended, the caller of the ledger must notify `addedTargets`.
   */
  | {
      readonly kind: "already_watching";
      readonly watch: Watch;
      readonly addedTargets: readonly string[];
      /** If the watch has ended: the generations in the notification keys of `addedTargets`. */
      readonly generations: NotificationGenerations;
    }
  /** The call would exceed a limit of the watch. The watch did not change. */
  | { readonly kind: "limit_exceeded"; readonly limit: keyof WatchLimits };

export interface PollToClaim {
  readonly key: WatchKey;
  readonly poll: number;
  readonly messageId: string;
  readonly now: Instant;
  readonly leaseMs: number;
}

/** A poll of a watch, and a queue message for this poll. */
export type PollOfMessage = Pick<PollToClaim, "key" | "poll" | "messageId">;

export type PollClaim =
  /**
   * `reclaimed` means that an earlier invocation claimed the poll and did not finish in time. It may have stored an
   * outcome. `unfinishedTries` is the number of earlier claims after which the process crashed.
   */
  | {
      readonly kind: "claimed";
      readonly watch: Watch;
      readonly reclaimed: boolean;
      readonly unfinishedTries: number;
    }
  /** The watch does not need this poll any more, so the message can be acknowledged. */
  | { readonly kind: "stale"; readonly reason: "missing" | "over" | "superseded" | "done" }
  /** The same queue message has already claimed the poll in an earlier invocation. This invocation may still run. */
  | { readonly kind: "own_lease" }
  /**
   * Another queue message has claimed the poll. The poll function can acknowledge the queue message that has not
   * claimed the poll.
   */
  | { readonly kind: "other_owner" };

export interface PollRecord extends ObservedJob, PollErrors, Pick<Watch, "polledAt"> {
  readonly key: WatchKey;
  readonly poll: number;
  readonly messageId: string;
  readonly nextPollAt: Instant;
  /** `rateLimited` is true if the rate limit postponed the query of the poll. */
  readonly rateLimited: boolean;
  /** If `ready` is absent, the ledger keeps the stored value of `ready`. */
  readonly ready?: ReadyProgress | undefined;
  /** If `slowAt` is absent, the ledger keeps the stored value of `slowAt`. */
  readonly slowAt?: Instant | null | undefined;
  /**
   * The job and its subjobs from the response of CCE to the poll. If `tree` is null, the ledger keeps the stored tree.
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
   * The targets to which the service has sent a notification. If the watch has further targets, `endWatch` does not end
   * the watch.
   */
  readonly targets: readonly string[];
  readonly polledAt: readonly Instant[];
  readonly expiresAt: Instant;
  /** The fields of the job from the outcome. If `job` is absent, the ledger keeps the stored fields of the job. */
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

export type WatchProgress = Pick<Watch, "state" | "nextPollAt">;

/** A watch that the sweep function has to check, because a queue message of the watch may be lost. */
export interface OverdueEntry extends WatchKey {
  readonly dueAt: Instant;
}

interface WatchPage {
  readonly watches: readonly Watch[];
  /** The value of `before` for the next page of watches. `next` is null on the last page of watches. */
  readonly next: string | null;
}

export interface WatchChangeLedger {
  /**
   * Creates a watch if the caller has no watch of the job. Restarts the watch of the caller if `isRestartedByCall`
   * returns true. A restarted watch gets a higher generation than all watches of the job. If the watch exists and is
   * not restarted, the ledger adds the new targets and callbacks to the existing watch. The later of the old and the
   * new deadline then applies. The longer of the old and the new `readyMinutes` also applies.
   */
  startOrExtendWatch(watch: NewWatch): Promise<OpenResult>;
  /**
   * Claims (reserves) a poll for one queue message for the time `leaseMs` (lease). During the lease of the poll, the
   * poll function queries the job only for this queue message.
   */
  claimPoll(poll: PollToClaim): Promise<PollClaim>;
  /**
   * Undoes the claim of a poll that was not made, so that the claim does not count as an unfinished try. The same queue
   * message may then claim the poll again at once. Does nothing if another queue message has claimed the poll in the
   * meantime.
   */
  undoPollClaim(claimed: PollOfMessage): Promise<void>;
  /**
   * Stores the result of a claimed poll and marks the poll as done. Returns `superseded` and writes nothing if the
   * queue message has lost the claim of the poll.
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
   * Stops a watch that has not ended. A watch with the outcome `timed_out` or `lost` keeps this outcome, but the next
   * call for the job restarts the watch.
   */
  stopWatch(key: WatchKey, at: Instant, expiresAt: Instant): Promise<"stopped" | "over" | "missing">;
}

export interface WatchReadLedger {
  /** Returns null if the watch does not exist. */
  readWatch(key: WatchKey): Promise<WatchDocument | null>;
  /**
   * Returns only the state and the next poll time of a watch, which costs less than `readWatch`. The returned state may
   * be a second old. Returns null if the watch does not exist.
   */
  readProgress(key: WatchKey): Promise<WatchProgress | null>;
  /** Returns the watches of all callers for one job, newest first. */
  listJobWatches(job: JobKey): Promise<readonly Watch[]>;
  /**
   * Counts the running watches of a caller, and the ended watches of the caller whose notifications are not final. The
   * returned count may be some seconds old.
   */
  countLiveWatches(caller: string): Promise<number>;
  /**
   * Returns at most `limit` watches whose check by the sweep function was due before `now`. A watch that the sweep
   * function has handled comes after all other watches that were then overdue.
   */
  listOverdue(now: Instant, limit: number): Promise<readonly OverdueEntry[]>;
  /**
   * Changes the time when the sweep function checks a watch. If `dueAt` is null, the sweep function does not check the
   * watch again. Returns `changed` if another call changed the time of the check first, or if `dueAt` is null and the
   * watch is running.
   */
  rescheduleSweep(entry: OverdueEntry, dueAt: Instant | null): Promise<"moved" | "changed">;
  /**
   * Makes the sweep function check the watch at `dueAt` or earlier, even if the watch has ended. If `expiresAt` is not
   * null, the ledger keeps the watch, the outcome and the record of a slow job at least until `expiresAt`. Does nothing
   * if the watch does not exist.
   */
  scheduleSweepBy(generation: WatchGeneration, dueAt: Instant, expiresAt: Instant | null): Promise<void>;
  /**
   * Returns one page of the watches of all callers in a project, newest first.
   * @param page.before the value of `next` on the previous page of watches, or null for the first page of watches.
   * @throws PageTokenError if `page.before` is not a valid page token.
   */
  listRecentWatches(
    project: string,
    page: { readonly limit: number; readonly before: string | null },
  ): Promise<WatchPage>;
}

export interface WatchLedger extends WatchChangeLedger, WatchReadLedger {}

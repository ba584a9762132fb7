import type { Instant, JobKey, WatchGeneration } from "../domain/job.ts";
import type { DurationCount } from "../schedule/duration-counts.ts";
import type { EndedDurations, LatestDurations } from "../schedule/latest-durations.ts";
import type { NotificationLedger } from "./notification.ts";
import type { SlowRecord } from "./watch-deliveries-and-overdue-times.ts";
import type { WatchLedger } from "./watch-ledger.ts";

export interface TargetState {
  /** The time when the target was switched off. `offSince` is null if the target is on. */
  readonly offSince: Instant | null;
  /**
   * The time of the first response "gone" (the target no longer exists). `goneSince` is null if the target has not
   * answered "gone" since the last delivery.
   */
  readonly goneSince: Instant | null;
  /** The target accepts no request before `throttledUntil`, because it answered with HTTP status 429. */
  readonly throttledUntil: Instant;
}

export interface TargetLedger {
  readTarget(name: string): Promise<TargetState>;
  /** Sets `throttledUntil` of a target, unless a later time is stored. */
  throttleTargetUntilAtLeast(name: string, until: Instant): Promise<void>;
  /**
   * Stores the time `at` of a response "gone", unless the ledger contains an earlier time. Returns the time that the
   * ledger now contains.
   */
  markTargetGoneOnce(name: string, at: Instant): Promise<Instant>;
  /** Removes the time of `markTargetGoneOnce`. */
  clearTargetGone(name: string): Promise<void>;
  /** Switches a target off. The result is false if the target was already off. */
  switchTargetOff(name: string, at: Instant): Promise<boolean>;
  /** Switches a target on and removes the time of `markTargetGoneOnce`. */
  switchTargetOn(name: string): Promise<void>;
}

/**
 * Rate limits for requests to targets and to CCE. Each rate limit allows one request per interval to a target or to
 * CCE. The name of a rate limit is the name of a target or `cce:PROJECT`.
 */
export interface RateLimitLedger {
  /**
   * Reserves the earliest time at which the rate limit allows a request, and returns the reserved time. If the rate
   * limit allows a request now, the result is `now`.
   */
  reserveRequestTime(name: string, now: Instant, intervalMs: number): Promise<Instant>;
}

/** Counts of ended jobs by project, job type, day and duration. */
export interface DurationLedger {
  /** Adds the duration of one ended job to the learned durations. The ledger may delete the count after `expiresAt`. */
  addDuration(duration: NewDuration): Promise<void>;
  /**
   * Returns the counts of one job type. With `ANY_TYPE`, the function returns the counts of all job types. An
   * operation counts for its own type and does not count for `ANY_TYPE`.
   */
  readDurationCounts(project: string, jobType: string): Promise<readonly DurationCount[]>;
}

interface NewDuration extends Omit<DurationCount, "count"> {
  readonly project: string;
  readonly jobType: string;
  readonly expiresAt: Instant;
}

export interface DigestLedger {
  /** Creates a digest (one message about several jobs). If a digest with the same ID exists, nothing happens. */
  createDigestIfAbsent(digest: NewDigest): Promise<void>;
  /**
   * Removes a job from the running jobs of a digest. Returns the number of remaining running jobs. If the ledger does
   * not contain the digest, the result is 0. If the job was already removed, nothing changes.
   */
  removeRunningMemberAndCountRemaining(digestId: string, job: JobKey): Promise<number>;
  readDigest(digestId: string): Promise<Digest | null>;
}

export interface Digest {
  /** The caller of all watches in the digest. */
  readonly caller: string;
  readonly members: readonly DigestMember[];
  readonly targets: readonly string[];
  /**
   * The running jobs of the digest. A caller may submit a job of the digest again without the digest. If so, the watch
   * restarts, and the job stays in `running`.
   */
  readonly running: readonly JobKey[];
}

/** A job in a digest. The caller of the digest is also the caller of the watch. */
export interface DigestMember extends JobKey {
  readonly generation: number;
}

interface NewDigest extends Omit<Digest, "running"> {
  readonly digestId: string;
  readonly expiresAt: Instant;
}

/** Records of slow jobs. A slow job is stored only if the field `on` of one of the targets contains `slow`. */
export interface SlowLedger {
  /**
   * Stores the record of a slow job, unless the watch generation already has one. Returns the record that the ledger
   * now contains.
   */
  saveSlowRecordOnce(watch: WatchGeneration, record: SlowRecord, expiresAt: Instant): Promise<SlowRecord>;
  readSlowRecord(generation: WatchGeneration): Promise<SlowRecord | null>;
  /** Returns the durations of the latest ended jobs of a type, or empty lists. */
  readLatestDurations(project: string, jobType: string): Promise<LatestDurations>;
  /**
   * Adds the durations of one ended job and of its subjobs, as `appendDurationsAndDropOldest` describes. If several
   * calls run at the same time, the ledger stores all their durations.
   */
  addLatestDurations(
    project: string,
    jobType: string,
    ended: EndedDurations,
    expiresAt: Instant,
  ): Promise<void>;
}

/** A later release wrote a ledger item. The current release neither reads nor changes an item of a later release. */
export class NewerItemError extends Error {
  override readonly name = "NewerItemError";

  /** @param readable the latest item version that the current release can read. */
  constructor(readable: number) {
    super(`A later release wrote the ledger item. This release reads items up to version ${readable}.`);
  }
}

/** The database cannot be read or written at the moment, for example because the disk is full. */
export class LedgerUnavailableError extends Error {
  override readonly name = "LedgerUnavailableError";

  constructor(cause: unknown) {
    super("The database cannot be used at the moment", { cause });
  }
}

/**
 * Stores watches, notifications, rate limits, job durations, digests and waiting calls. The ledger has three
 * implementations: DynamoDB, SQLite on one node, and memory for the simulation. In DynamoDB, each change is one
 * conditional write. If the condition of a write is false, the ledger reads the item to find the reason. If a later
 * release wrote the item, operations throw NewerItemError. Errors of the database are thrown unchanged. Even if a write
 * throws an error, the database may contain the change.
 */
export interface Ledger
  extends WatchLedger,
    NotificationLedger,
    TargetLedger,
    RateLimitLedger,
    DurationLedger,
    DigestLedger,
    DiscoveryLedger,
    SlowLedger,
    WaitingCallLedger {}

/**
 * The state of discovery (the search for new jobs) in a project. Discovery lists the jobs of the project and starts
 * watches of new jobs.
 */
export interface Discovery {
  /**
   * The time of the first list of jobs, by the clock of the cloud. `switchedOnAt` is null until discovery has listed
   * the jobs of the project.
   */
  readonly switchedOnAt: Instant | null;
  /**
   * The time of the latest complete list of jobs for which discovery started all missing watches. The clock of the
   * cloud determines the time of the latest complete list. Until discovery has processed a complete list, `succeededAt`
   * is the time of the first try.
   */
  readonly succeededAt: Instant;
  /** The IDs of the jobs that discovery must skip, because it cannot recognize them by their times. */
  readonly skippedJobIds: readonly string[];
}

export interface ClaimedDiscovery extends Discovery {
  readonly previousTryAt: Instant | null;
}

/** An API call that waits for the end of a watch. A waiting call occupies one execution of a Lambda function. */
export interface WaitingCall {
  readonly caller: string;
  /**
   * The time at which the API call stops waiting at the latest. After `until`, the API call no longer counts as a
   * waiting call.
   */
  readonly until: Instant;
}

/** The maximum number of calls that may wait at the same time, in total and per caller. */
export interface WaitingLimits {
  readonly total: number;
  readonly perCaller: number;
}

export interface WaitingCallLedger {
  /**
   * Reserves a number for an API call that waits for the end of a watch. Returns the reserved number, which is less
   * than `limits.total`. The result is null if too many calls are waiting. If several calls start to wait at the same
   * time, one of the calls may get null although a place is free.
   */
  addWaitingCallIfAllowed(call: WaitingCall, now: Instant, limits: WaitingLimits): Promise<number | null>;
  /** Makes the number of a waiting call free again, if the call ended before `until`. */
  removeWaitingCall(number: number, call: WaitingCall): Promise<void>;
}

/** Returns a number that no waiting call has. The result is null if the caller may not have a further waiting call. */
export function findFreeCallNumber(
  calls: Readonly<Record<number, WaitingCall>>,
  caller: string,
  now: Instant,
  { total, perCaller }: WaitingLimits,
): number | null {
  const numbers = Array.from({ length: total }, (_, number) => number);
  const isFree = (number: number) => (calls[number]?.until ?? 0) <= now;
  const own = numbers.filter((number) => !isFree(number) && calls[number]?.caller === caller);
  return own.length >= perCaller ? null : (numbers.find(isFree) ?? null);
}

export interface DiscoveryLedger {
  /**
   * Reserves the next list of a project's jobs. The result is null if discovery listed the jobs less than `intervalMs`
   * ago. After a call of `requestDiscoverySoon`, the interval is only `MIN_JOB_LIST_INTERVAL_MS`.
   */
  claimDiscoveryIfDueOrRequested(
    project: string,
    now: Instant,
    intervalMs: number,
  ): Promise<ClaimedDiscovery | null>;
  /**
   * Makes discovery list the jobs of a project soon. Discovery waits until `MIN_JOB_LIST_INTERVAL_MS` has passed since
   * it last listed the jobs.
   */
  requestDiscoverySoon(project: string): Promise<void>;
  /**
   * Replaces the state of discovery in a project. If `claimDiscoveryIfDueOrRequested` was never called for the project,
   * nothing happens. If another call has switched discovery on in the meantime, nothing happens either. A slow first
   * list must not replace the newer state from a faster list.
   * @param switchedOnAt `switchedOnAt` from `claimDiscoveryIfDueOrRequested`
   */
  saveDiscoveryIfUnchanged(project: string, switchedOnAt: Instant | null, stored: Discovery): Promise<void>;
  /**
   * Stores the ID of an SMN message (Simple Message Notification of Huawei Cloud). If the ledger already contains the
   * ID of the message, the result is false.
   */
  saveSmnMessageIdOnce(messageId: string, expiresAt: Instant): Promise<boolean>;
  hasSmnMessageId(messageId: string): Promise<boolean>;
}

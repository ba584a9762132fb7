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
  readTargetState(name: string): Promise<TargetState>;
  /** Sets `throttledUntil` of a target, unless a later time is stored. */
  throttleTargetUntilAtLeast(name: string, until: Instant): Promise<void>;
  /**
   * Stores `at` as the time of the first response "gone" of a target, unless `goneSince` is already stored. Returns the
   * stored time.
   */
  getOrSetTargetGoneSince(name: string, at: Instant): Promise<Instant>;
  /** Deletes `goneSince` of a target. */
  clearTargetGone(name: string): Promise<void>;
  /** Switches a target off. The result is false if the target was already off. */
  switchTargetOff(name: string, at: Instant): Promise<boolean>;
  /** Switches a target on and deletes its `goneSince`. */
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
  /** Adds one ended job to the counts of jobs by duration. The ledger may delete the count after `expiresAt`. */
  addDuration(duration: NewDuration): Promise<void>;
  /**
   * Returns the counts of one job type. With `ANY_TYPE`, the function returns the counts of all job types, but not the
   * counts of operations without a job.
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
   * Removes a job from the list `running` of a digest, if the list contains the job. Returns the number of jobs that
   * are still in the list. For an unknown digest, the function returns 0.
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
   * The jobs that `removeRunningMemberAndCountRemaining` has not removed yet. If the watch of a job restarts outside
   * the digest, the job stays in `running`.
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
   * Stores the record of a slow job, unless the watch generation already has such a record. Returns the stored record.
   */
  getOrCreateSlowRecord(watch: WatchGeneration, record: SlowRecord, expiresAt: Instant): Promise<SlowRecord>;
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

/** The error for a ledger item of a later release, which the current release neither reads nor changes. */
export class NewerItemError extends Error {
  override readonly name = "NewerItemError";

  /** @param readable the latest item version that the current release can read. */
  constructor(readable: number) {
    super(`A later release wrote the ledger item. This release reads items up to version ${readable}.`);
  }
}

/** The error for a database that is not available at the moment, for example because the disk is full. */
export class LedgerUnavailableError extends Error {
  override readonly name = "LedgerUnavailableError";

  constructor(cause: unknown) {
    super("The database cannot be used at the moment", { cause });
  }
}

/**
 * Stores watches, notifications, rate limits, job durations, digests and waiting calls. The ledger has three
 * implementations: DynamoDB, SQLite on one node, and memory for the simulation. In DynamoDB, each change is one
 * conditional write. After a refused write, the ledger reads the item to find the reason. If a later release wrote the
 * item, operations throw NewerItemError. The ledger throws errors of the database unchanged. Even if a write throws an
 * error, the database may contain the change.
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
   * The time at which discovery listed the jobs of the project for the first time, by the clock of the cloud. Before
   * the first list of jobs, `switchedOnAt` is null.
   */
  readonly switchedOnAt: Instant | null;
  /**
   * The time of the latest successful run of discovery, by the clock of the cloud. A run is successful if the list of
   * jobs was complete and all missing watches were started. Before the first successful run, `succeededAt` is the time
   * of the first run.
   */
  readonly succeededAt: Instant;
  /**
   * The IDs of listed jobs for which discovery starts no watches. Discovery knows that these jobs are old, although
   * their end times do not prove this.
   */
  readonly skippedJobIds: readonly string[];
}

export interface ClaimedDiscovery extends Discovery {
  readonly previousTryAt: Instant | null;
}

/** An API call that waits for the end of a watch. A waiting call occupies one execution of a Lambda function. */
export interface WaitingCall {
  readonly caller: string;
  /** The maximum end time of the waiting call. After the time `until`, the ledger ignores the waiting call. */
  readonly until: Instant;
}

/** The maximum number of calls that may wait at the same time, in total and per caller. */
export interface WaitingLimits {
  readonly total: number;
  readonly perCaller: number;
}

export interface WaitingCallLedger {
  /**
   * Allows an API call to wait for the end of a watch. Returns a number from 0 to `limits.total` - 1 that no other
   * waiting call has. The result is null if too many calls are waiting. If several calls start to wait at the same
   * time, the result may be null although a number is free.
   */
  addWaitingCallUnlessTooMany(call: WaitingCall, now: Instant, limits: WaitingLimits): Promise<number | null>;
  /** Ends a waiting call before its time `until`, so that another call can get its number. */
  removeWaitingCall(number: number, call: WaitingCall): Promise<void>;
}

/**
 * Returns the smallest number that no waiting call has. If `limits` allow no further waiting call, the result is null.
 */
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
   * Allows only one of several simultaneous calls to list the jobs of a project. The result is null if discovery last
   * listed the jobs less than `intervalMs` ago. After a call of `requestDiscoverySoon`, the interval is only
   * `MIN_JOB_LIST_INTERVAL_MS`.
   */
  claimDiscoveryIfDueOrRequested(
    project: string,
    now: Instant,
    intervalMs: number,
  ): Promise<ClaimedDiscovery | null>;
  /** Requests an early run of discovery in a project. Two runs are at least `MIN_JOB_LIST_INTERVAL_MS` apart. */
  requestDiscoverySoon(project: string): Promise<void>;
  /**
   * Replaces the state of discovery in a project. If `claimDiscoveryIfDueOrRequested` was never called for the project,
   * nothing happens. If another run has stored `switchedOnAt` in the meantime, nothing happens either, because a slow
   * first run must not replace the newer state of a faster run.
   * @param switchedOnAt `switchedOnAt` from `claimDiscoveryIfDueOrRequested`
   */
  saveDiscoveryIfUnchanged(project: string, switchedOnAt: Instant | null, stored: Discovery): Promise<void>;
  /**
   * Stores the ID of an SMN message (Simple Message Notification of Huawei Cloud). If the ID was already stored, the
   * result is false.
   */
  saveSmnMessageIdOnce(messageId: string, expiresAt: Instant): Promise<boolean>;
  hasSmnMessageId(messageId: string): Promise<boolean>;
}

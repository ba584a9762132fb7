import type { Instant, JobKey, WatchGeneration } from "../domain/job.ts";
import type { DurationCount } from "../schedule/duration-counts.ts";
import type { EndedDurations, LatestDurations } from "../schedule/usual-durations.ts";
import type { NotificationLedger } from "./notification.ts";
import type { SlowRecord } from "./watch-deliveries.ts";
import type { WatchLedger } from "./watch-ledger.ts";

export interface TargetState {
  /** The time when the target was switched off. `offSince` is null if the target is on. */
  readonly offSince: Instant | null;
  /**
   * The time of the first response that said that the target no longer exists. `goneSince` is null if the target has
   * sent no such response since the last delivered notification.
   */
  readonly goneSince: Instant | null;
  /** The time before which the target accepts no request, because the target responded with the HTTP status 429. */
  readonly throttledUntil: Instant;
}

export interface TargetLedger {
  readTarget(name: string): Promise<TargetState>;
  /** Sets `throttledUntil` of a target, unless the ledger already contains a later time. */
  throttleTarget(name: string, until: Instant): Promise<void>;
  /**
   * Stores the time `at` of a response that said that a target no longer exists, unless the ledger already contains
   * such a time. Returns the time that the ledger contains after the call.
   */
  markTargetGone(name: string, at: Instant): Promise<Instant>;
  /** Removes the time that `markTargetGone` stored. */
  clearTargetGone(name: string): Promise<void>;
  /** Switches a target off. Returns false if the target was off already. */
  switchTargetOff(name: string, at: Instant): Promise<boolean>;
  /** Switches a target on, and removes the time that `markTargetGone` stored. */
  switchTargetOn(name: string): Promise<void>;
}

/**
 * The ledger of rate limits. Each rate limit allows one request to a target or to CCE per interval. The name of a rate
 * limit is the name of a target or `cce:PROJECT`.
 */
export interface RateLimitLedger {
  /**
   * Reserves the earliest time at which a rate limit allows another request, and returns the reserved time. Returns
   * `now` if the rate limit allows a request now.
   */
  reserveRequestTime(name: string, now: Instant, intervalMs: number): Promise<Instant>;
}

/** The ledger of job durations counts ended jobs by project, job type, day and duration. */
export interface DurationLedger {
  /** Adds one ended job to the counts of ended jobs. The ledger may delete the count after `expiresAt`. */
  addDuration(duration: NewDuration): Promise<void>;
  /**
   * Returns the counts of one type of job, or with `ANY_TYPE` the counts of the jobs of all types. Operations without a
   * job count only for their own type.
   */
  readDurations(project: string, jobType: string): Promise<readonly DurationCount[]>;
}

interface NewDuration extends Omit<DurationCount, "count"> {
  readonly project: string;
  readonly jobType: string;
  readonly expiresAt: Instant;
}

export interface DigestLedger {
  /** Creates a digest (one message about several jobs). Does nothing if a digest with the same ID exists. */
  createDigest(digest: NewDigest): Promise<void>;
  /**
   * Removes a job from the running jobs of a digest. Returns the number of jobs of the digest that still run, or 0 if
   * the digest does not exist. A repeated call for the same job changes nothing.
   */
  removeRunningMemberAndCount(digestId: string, job: JobKey): Promise<number>;
  readDigest(digestId: string): Promise<Digest | null>;
}

export interface Digest {
  /** The caller whose watches are the members of the digest. */
  readonly caller: string;
  readonly members: readonly DigestMember[];
  readonly targets: readonly string[];
  /**
   * The jobs of the digest that still run. If a call without the digest restarts the watch of such a job, the job is
   * never removed from `running`.
   */
  readonly running: readonly JobKey[];
}

/** The watch of one job in a digest. The caller of this watch is `Digest.caller`. */
export interface DigestMember extends JobKey {
  readonly generation: number;
}

interface NewDigest extends Omit<Digest, "running"> {
  readonly digestId: string;
  readonly expiresAt: Instant;
}

/**
 * The ledger of slow jobs. The service stores a slow job only if the watch has a target whose setting `on` contains
 * `slow`.
 */
export interface SlowLedger {
  /**
   * Stores the record of a slow job, unless the ledger already contains such a record for the watch generation. Returns
   * the record of the slow job that the ledger contains after the call.
   */
  saveSlowOnce(generation: WatchGeneration, record: SlowRecord, expiresAt: Instant): Promise<SlowRecord>;
  readSlow(generation: WatchGeneration): Promise<SlowRecord | null>;
  /** Returns the durations of the latest ended jobs of a type, or empty lists if no such job has ended. */
  readLatestDurations(project: string, jobType: string): Promise<LatestDurations>;
  /**
   * Adds the durations of one ended job and of its subjobs, as `appendDurationsAndDropOldest` describes. If several
   * calls overlap, the ledger stores the durations from each of these calls and loses none.
   */
  addLatestDurations(
    project: string,
    jobType: string,
    ended: EndedDurations,
    expiresAt: Instant,
  ): Promise<void>;
}

/**
 * The error for a ledger item that a later release wrote. The current release neither reads nor changes an item of a
 * later release.
 */
export class NewerItemError extends Error {
  override readonly name = "NewerItemError";

  /** @param readable the latest version of the item's format that the current release can read. */
  constructor(readable: number) {
    super(`A later release wrote the ledger item. This release reads items up to version ${readable}.`);
  }
}

/** The error for a database that cannot be read or written at the moment, for example because its disk is full. */
export class LedgerUnavailableError extends Error {
  override readonly name = "LedgerUnavailableError";

  constructor(cause: unknown) {
    super("The database cannot be used at the moment", { cause });
  }
}

/**
 * The ledger stores watches, notifications, rate limits, job durations, digests and waiting calls. The ledger has three
 * implementations: DynamoDB, SQLite on one node, and a ledger in memory for the simulation. In the DynamoDB ledger,
 * each change is one conditional write. If DynamoDB refuses a conditional write, the ledger reads the item to find the
 * reason. An operation that needs an item of a later release throws NewerItemError. All operations of the ledger throw
 * the errors of the database. If a write throws an error, the database may nevertheless contain the change.
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
 * The stored state of discovery in a project. Discovery lists the jobs of the project and opens watches for new jobs.
 */
export interface Discovery {
  /**
   * The time at which discovery first listed the jobs of the project, by the clock of the cloud. `switchedOnAt` is null
   * if discovery has not listed the jobs yet.
   */
  readonly switchedOnAt: Instant | null;
  /**
   * The time, by the clock of the cloud, of the latest complete list of jobs after which each listed job had a watch.
   * Before the first such list, `succeededAt` is the time of the first try to list the jobs.
   */
  readonly succeededAt: Instant;
  /** The IDs of jobs that discovery must skip, although the times of the jobs do not exclude these jobs. */
  readonly skippedJobIds: readonly string[];
}

export interface ClaimedDiscovery extends Discovery {
  readonly previousTryAt: Instant | null;
}

/**
 * A call of the API that waits for the end of a watch. Each waiting call keeps one execution of a Lambda function busy.
 */
export interface WaitingCall {
  readonly caller: string;
  /** The latest time at which the waiting call ends. After this time, the ledger no longer counts the waiting call. */
  readonly until: Instant;
}

/** The maximum numbers of API calls that may wait at the same time, in total and for each caller. */
export interface WaitingLimits {
  readonly total: number;
  readonly perCaller: number;
}

export interface WaitingCallLedger {
  /**
   * Adds an API call to the waiting calls. Returns a number below `limits.total` that identifies the waiting call.
   * Returns null if too many calls wait already. If several calls start at the same time, the result may be null
   * although one call could wait.
   */
  countWaitingCall(call: WaitingCall, now: Instant, limits: WaitingLimits): Promise<number | null>;
  /** Removes an API call from the waiting calls, because the call has ended before `until`. */
  endWaiting(number: number, call: WaitingCall): Promise<void>;
}

/** Returns a number that no waiting call has. Returns null if the limits allow the caller no further waiting call. */
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
   * Claims (reserves) the next list of the jobs of a project. Returns null if the previous claim was less than
   * `intervalMs` ago. After `requestJobListNow`, `MIN_JOB_LIST_INTERVAL_MS` replaces a longer `intervalMs`.
   */
  claimJobList(project: string, now: Instant, intervalMs: number): Promise<ClaimedDiscovery | null>;
  /**
   * Requests that discovery lists the jobs of a project as soon as possible. After this request, `claimJobList`
   * succeeds when `MIN_JOB_LIST_INTERVAL_MS` has passed since the previous claim.
   */
  requestJobListNow(project: string): Promise<void>;
  /**
   * Replaces the stored state of discovery in a project. Does nothing before the first claim of a list of jobs. Does
   * nothing if another list of jobs has switched discovery on after the claim. Otherwise a slow first list would make
   * discovery skip jobs that ended after a faster list.
   * @param claimedSwitchedOnAt the field `switchedOnAt` that `claimJobList` returned
   */
  saveDiscovery(project: string, claimedSwitchedOnAt: Instant | null, discovery: Discovery): Promise<void>;
  /**
   * Stores the ID of a message from SMN (Simple Message Notification of Huawei Cloud). Returns false if the ledger
   * already contains the ID.
   */
  saveSmnMessageIdOnce(messageId: string, expiresAt: Instant): Promise<boolean>;
  hasSmnMessageId(messageId: string): Promise<boolean>;
}

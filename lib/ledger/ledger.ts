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
   * not given a response `gone` since the last delivered notification.
   */
  readonly goneSince: Instant | null;
  /** The target responded with the HTTP status 429 and accepts no request before `throttledUntil`. */
  readonly throttledUntil: Instant;
}

export interface TargetLedger {
  readTarget(name: string): Promise<TargetState>;
  /** Sets `throttledUntil` of a target, unless the ledger already contains a later time. */
  throttleTarget(name: string, until: Instant): Promise<void>;
  /**
   * Stores the time `at` at which a target said that it no longer exists, unless the ledger already contains an earlier
   * time. Returns the time that is stored after the call.
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
 * The ledger of rate limits. Each rate limit allows one request per interval. The name of a rate limit is the name of a
 * target or `cce:PROJECT`.
 */
export interface RateLimitLedger {
  /**
   * Reserves the next free time of a rate limit for one request, and returns the reserved time. Returns `now` if the
   * rate limit is free now.
   */
  reserveRequestTime(name: string, now: Instant, intervalMs: number): Promise<Instant>;
}

/** The ledger counts ended jobs by the duration of the job. */
export interface DurationLedger {
  /** Adds one ended job to the job counts. The ledger may delete this count after `expiresAt`. */
  addDuration(duration: NewDuration): Promise<void>;
  readDurations(project: string, jobType: string): Promise<readonly DurationCount[]>;
}

interface NewDuration extends Omit<DurationCount, "count"> {
  readonly project: string;
  readonly jobType: string;
  readonly expiresAt: Instant;
}

export interface DigestLedger {
  /** Creates a digest (one message about several jobs). Does nothing if the digest exists. */
  createDigest(digest: NewDigest): Promise<void>;
  /**
   * Removes a watch from the list of running jobs of a digest. A repeated call has no effect. Returns the number of
   * jobs of the digest that still run. Returns 0 if the digest does not exist.
   */
  removeRunningMemberAndCount(digestId: string, job: JobKey): Promise<number>;
  /** Returns null if the digest does not exist. */
  readDigest(digestId: string): Promise<Digest | null>;
}

export interface Digest {
  /** The caller whose watches are the members of the digest. */
  readonly caller: string;
  readonly members: readonly DigestMember[];
  readonly targets: readonly string[];
  /**
   * The jobs of the digest that still run. If a watch is restarted outside the digest, the watch is never removed from
   * `running`.
   */
  readonly running: readonly JobKey[];
}

/** The watch of one job in a digest. `caller` of the digest is the caller of the watch. */
export interface DigestMember extends JobKey {
  readonly generation: number;
}

interface NewDigest extends Omit<Digest, "running"> {
  readonly digestId: string;
  readonly expiresAt: Instant;
}

/** The ledger of slow jobs. Contains only watches with a target whose setting `on` contains `slow`. */
export interface SlowLedger {
  /**
   * Stores the record of a slow job, unless the watch generation has a record already. Returns the record that the
   * ledger contains after the call.
   */
  saveSlowOnce(generation: WatchGeneration, record: SlowRecord, expiresAt: Instant): Promise<SlowRecord>;
  readSlow(generation: WatchGeneration): Promise<SlowRecord | null>;
  /** Returns empty lists if no durations are stored. */
  readLatestDurations(project: string, jobType: string): Promise<LatestDurations>;
  /**
   * Adds the durations of one ended job and of its subjobs, as `appendLatestDurations` describes. If several calls
   * overlap, the ledger stores the durations from each of these calls and loses none.
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
 * later release. An item of a later release waits until the later release is deployed again.
 */
export class NewerItemError extends Error {
  override readonly name = "NewerItemError";

  /** @param readable the latest version of the item's format that the current release can read. */
  constructor(readable: number) {
    super(`A later release wrote the ledger item. This release reads items up to version ${readable}.`);
  }
}

/**
 * The error for a database that cannot be read or written at the moment, for example because its disk is full. `cause`
 * is the error of the database.
 */
export class LedgerUnavailableError extends Error {
  override readonly name = "LedgerUnavailableError";

  constructor(cause: unknown) {
    super("The database cannot be used at the moment", { cause });
  }
}

/**
 * The ledger stores watches, notifications, rate limits, job durations, digests and waiting calls. The ledger has three
 * implementations: DynamoDB, SQLite on one node, and a ledger in memory for the simulation. The same tests run for all
 * implementations of the ledger. Each change on DynamoDB is one conditional write. If DynamoDB refuses a write, a
 * consistent read finds out why. An operation that needs an item of a later release throws NewerItemError. All
 * operations of the ledger throw the errors of the database. If a write throws an error, the database may nevertheless
 * contain the change.
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

/** The state of discovery in a project, as the ledger stores it. */
export interface Discovery {
  /** The time of the first list, by the clock of the cloud. `switchedOnAt` is null before the first list. */
  readonly switchedOnAt: Instant | null;
  /**
   * The time, by the clock of the cloud, of the latest list that was complete and after which each job of the list had
   * a watch. Before the first such list, `succeededAt` is the time of the first try.
   */
  readonly succeededAt: Instant;
  /** The IDs of jobs that discovery must skip, although the times of the jobs do not exclude the jobs. */
  readonly skippedJobIds: readonly string[];
}

/** The discovery of a project, and the time of the previous try to list the jobs. */
export interface ClaimedDiscovery extends Discovery {
  readonly previousTryAt: Instant | null;
}

/** A call of the API that waits for the end of a watch. Each such call keeps one execution of a function busy. */
export interface WaitingCall {
  readonly caller: string;
  /** The latest time at which the call ends. After `until`, the ledger no longer counts the call. */
  readonly until: Instant;
}

/** The largest numbers of calls that wait at the same time. */
export interface WaitingLimits {
  readonly total: number;
  readonly perCaller: number;
}

export interface WaitingCallLedger {
  /**
   * Counts a call that begins to wait. Returns the number of the call, which is below `limits.total`. Returns null if
   * too many calls wait already. If several calls begin at the same time, the ledger may return null although one more
   * call could wait.
   */
  countWaitingCall(call: WaitingCall, now: Instant, limits: WaitingLimits): Promise<number | null>;
  /** No longer counts a waiting call. Used when the call has ended before the end of its reserved time. */
  endWaiting(number: number, call: WaitingCall): Promise<void>;
}

/** Returns a number that no waiting call has. Returns null if the call may not wait. */
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
   * Claims the next list of the jobs of a project. Returns null if the previous claim is less than `intervalMs` ago. If
   * somebody requested a list, `MIN_JOB_LIST_INTERVAL_MS` applies in place of a longer interval.
   */
  claimJobList(project: string, now: Instant, intervalMs: number): Promise<ClaimedDiscovery | null>;
  /**
   * Requests a list of the jobs of a project now. The next call of `claimJobList` succeeds, even if the interval
   * between two lists has not ended.
   */
  requestJobListNow(project: string): Promise<void>;
  /**
   * Replaces the discovery of a project. Does nothing before the first claim, and does nothing if another list has
   * switched discovery on after the claim. Without the check of `claimedSwitchedOnAt`, a first list that took very long
   * would skip jobs that ended after the other list.
   * @param claimedSwitchedOnAt the field `switchedOnAt` that `claimJobList` returned
   */
  saveDiscovery(project: string, claimedSwitchedOnAt: Instant | null, discovery: Discovery): Promise<void>;
  /** Stores the ID of a message of SMN. Returns false if the ledger already contains the ID. */
  saveSmnMessageIdOnce(messageId: string, expiresAt: Instant): Promise<boolean>;
  /** Returns whether the ledger contains the ID of a message of SMN. */
  hasSmnMessageId(messageId: string): Promise<boolean>;
}

import type { Instant, WatchGeneration, WatchKey } from "../domain/job.ts";
import type { DurationCount } from "../schedule/duration-buckets.ts";
import type { NotificationLedger } from "./notification.ts";
import type { WatchLedger } from "./watch.ts";

export interface TargetState {
  /** Since when the target is switched off. Null while it is on. */
  readonly offSince: Instant | null;
  /** The target answered 429 and accepts nothing before this time. */
  readonly throttledUntil: Instant;
}

export interface TargetLedger {
  readTarget(name: string): Promise<TargetState>;
  /** Sets `throttledUntil`. An earlier time than the stored one has no effect. */
  throttleTarget(name: string, until: Instant): Promise<void>;
  /** Returns true for the one call that switched the target off. */
  switchTargetOff(name: string, at: Instant): Promise<boolean>;
  switchTargetOn(name: string): Promise<void>;
}

/** Rate limits of one request per interval. A limit is named for a target, or `cce:PROJECT`. */
export interface RateLimitLedger {
  /** Reserves the next free time for one request, and returns that time. Returns `now` when the limit is free. */
  reserveRequestTime(name: string, now: Instant, intervalMs: number): Promise<Instant>;
  /**
   * Returns true when a request may start now, and false for the rest of the interval.
   * It separates requests whose reserved times SQS rounded to the same second.
   */
  tryAcquireRequest(name: string, now: Instant, intervalMs: number): Promise<boolean>;
}

/** Counts of jobs that ended, by duration. */
export interface DurationLedger {
  /** Counts one job. The ledger may delete the count after `expiresAt`. */
  addDuration(duration: NewDuration): Promise<void>;
  readDurations(project: string, jobType: string): Promise<readonly DurationCount[]>;
}

export interface NewDuration extends Omit<DurationCount, "count"> {
  readonly project: string;
  readonly jobType: string;
  readonly expiresAt: Instant;
}

export interface DigestLedger {
  /** Creates a digest. Does nothing when the digest exists. */
  createDigest(digest: NewDigest): Promise<void>;
  /**
   * Removes a watch from the running members of a digest. Repeating the call has no effect.
   * Returns how many members still run. Returns 0 when the ledger has no such digest.
   */
  removeRunningMember(digestId: string, key: WatchKey): Promise<number>;
  /** Returns null when the ledger has no such digest. */
  readDigest(digestId: string): Promise<Digest | null>;
}

export interface Digest {
  readonly members: readonly WatchGeneration[];
  readonly targets: readonly string[];
  /** Members that were not removed. A member that was restarted without the digest is never removed. */
  readonly running: readonly WatchKey[];
}

export interface NewDigest extends Omit<Digest, "running"> {
  readonly digestId: string;
  readonly expiresAt: Instant;
}

/**
 * The ledger. One conformance suite tests the two drivers: DynamoDB and the memory of the simulation.
 * Each change is one conditional write. When the ledger refuses a write, a consistent read finds the reason.
 * All operations throw the errors of the store. A write that threw may have been done.
 */
export interface Ledger
  extends WatchLedger,
    NotificationLedger,
    TargetLedger,
    RateLimitLedger,
    DurationLedger,
    DigestLedger {}

import type { Instant, WatchGeneration, WatchKey } from "../domain/job.ts";
import type { DurationCount } from "../schedule/duration-buckets.ts";
import type { NotificationLedger } from "./notification.ts";
import type { WatchLedger } from "./watch.ts";

export interface TargetState {
  /** The time at which the target was switched off. Null when the target is on. */
  readonly offSince: Instant | null;
  /** The target answered 429 and accepts no request before `throttledUntil`. */
  readonly throttledUntil: Instant;
}

export interface TargetLedger {
  readTarget(name: string): Promise<TargetState>;
  /** Sets `throttledUntil` of a target, unless the stored time is later. */
  throttleTarget(name: string, until: Instant): Promise<void>;
  /** Switches a target off. Returns false when the target was off already. */
  switchTargetOff(name: string, at: Instant): Promise<boolean>;
  switchTargetOn(name: string): Promise<void>;
}

/** Rate limits of one request per interval. The name of a rate limit is a target's name or `cce:PROJECT`. */
export interface RateLimitLedger {
  /** Reserves the next free time for one request and returns the reserved time. Returns `now` when `now` is free. */
  reserveRequestTime(name: string, now: Instant, intervalMs: number): Promise<Instant>;
  /**
   * Returns true when a request may start now, and false for the rest of the interval.
   * The operation separates requests whose reserved times SQS rounded to the same second.
   */
  tryAcquireRequest(name: string, now: Instant, intervalMs: number): Promise<boolean>;
}

/** The numbers of ended jobs, counted by duration. */
export interface DurationLedger {
  /** Counts one ended job. The ledger may delete the count after `expiresAt`. */
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
   * Removes a watch from the running members of a digest. A repeated call has no effect.
   * Returns the number of members that still run. Returns 0 when the digest does not exist.
   */
  removeRunningMember(digestId: string, key: WatchKey): Promise<number>;
  /** Returns a digest. Returns null when the digest does not exist. */
  readDigest(digestId: string): Promise<Digest | null>;
}

export interface Digest {
  readonly members: readonly WatchGeneration[];
  readonly targets: readonly string[];
  /** The members that still run. A member that is restarted outside the digest is never removed from `running`. */
  readonly running: readonly WatchKey[];
}

export interface NewDigest extends Omit<Digest, "running"> {
  readonly digestId: string;
  readonly expiresAt: Instant;
}

/**
 * The ledger stores watches, notifications, rate limits, durations and digests. One conformance suite tests the two
 * drivers, DynamoDB and the in-memory ledger of the simulation.
 * Each change is one conditional write. If the ledger refuses a write, a consistent read finds the reason.
 * All operations throw the errors of the store. If a write throws an error, the store may contain the change anyway.
 */
export interface Ledger
  extends WatchLedger,
    NotificationLedger,
    TargetLedger,
    RateLimitLedger,
    DurationLedger,
    DigestLedger {}

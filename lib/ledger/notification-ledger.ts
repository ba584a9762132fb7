import type { DeliveryState, Instant, Verdict, WatchGeneration } from "../domain/job.ts";

/** What was told of a watch's generation before tells nothing of the next. */
export interface NotificationKey extends WatchGeneration {
  readonly target: string;
}

export interface Attempt {
  readonly at: Instant;
  readonly verdict: Verdict;
  readonly status: number | null;
  readonly durationMs: number;
  /** Why, from a closed list. */
  readonly reason: string;
  /** First characters of the answer, secrets masked. */
  readonly answer: string;
}

export const ATTEMPT_HISTORY = 20;

/** One notification on its way to one target. */
export interface DeliveryRecord {
  readonly target: string;
  readonly state: DeliveryState;
  /** Attempts spent; waiting out a 429 spends none. */
  readonly attempts: number;
  /** How often in a row it was throttled, and since when: the first time, whatever came between. */
  readonly throttles: number;
  readonly throttledSince: Instant | null;
  readonly redelivery: number;
  readonly nextAttemptAt: Instant | null;
  /** A place in the target's pace was reserved for `nextAttemptAt`. */
  readonly nextAttemptReserved: boolean;
  /** It failed, and lies in the dead-letter queue. */
  readonly deadLettered: boolean;
  /** The latest, oldest first, at most `ATTEMPT_HISTORY`. */
  readonly history: readonly Attempt[];
}

/** How a notification stands that no message has come for yet. */
export function newDeliveryRecord(target: string): DeliveryRecord {
  const nothing = {
    attempts: 0,
    throttles: 0,
    throttledSince: null,
    redelivery: 0,
    nextAttemptAt: null,
    nextAttemptReserved: false,
    deadLettered: false,
    history: [],
  };
  return { target, state: "pending", ...nothing };
}

export type NotificationClaim =
  | { readonly kind: "claimed"; readonly record: DeliveryRecord }
  /** Delivered, deadLettered, or an older redelivery. Acknowledge. */
  | { readonly kind: "stale" }
  /** Final and failed, but not yet in the dead-letter queue. */
  | { readonly kind: "needs_dead_letter"; readonly state: DeliveryState; readonly reason: string }
  | { readonly kind: "own_lease" }
  | { readonly kind: "other_owner" }
  /** It is this message's own, and not due before `until`: hide it again. */
  | { readonly kind: "not_due"; readonly until: Instant };

export interface AttemptRecord {
  readonly key: NotificationKey;
  readonly redelivery: number;
  readonly messageId: string;
  readonly state: DeliveryState;
  /** Whether this attempt counts against the schedule. One that does not and leaves the notification pending was throttled. */
  readonly spent: boolean;
  readonly attempt: Attempt;
  /** When `state` is pending: the next attempt. */
  readonly nextAttemptAt: Instant | null;
}

export interface NotificationLedger {
  claimNotification(claim: {
    key: NotificationKey;
    redelivery: number;
    messageId: string;
    now: Instant;
    leaseMs: number;
    expiresAt: Instant;
  }): Promise<NotificationClaim>;
  recordAttempt(record: AttemptRecord): Promise<"recorded" | "superseded">;
  /** Gives the lease back without an attempt: the target's pace or a 429 elsewhere says to wait until then. */
  postponeNotification(hold: {
    key: NotificationKey;
    redelivery: number;
    messageId: string;
    until: Instant;
    nextAttemptReserved: boolean;
  }): Promise<"recorded" | "superseded">;
  /** How one notification stands; pending with no attempts when no message has come for it yet. */
  readDelivery(key: NotificationKey): Promise<DeliveryRecord>;
  markDeadLettered(key: NotificationKey, redelivery: number): Promise<void>;
  /** Starts a notification anew and answers its redelivery number. */
  startRedelivery(key: NotificationKey, expiresAt: Instant): Promise<number>;
}

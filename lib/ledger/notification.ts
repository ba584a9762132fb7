import * as z from "zod/mini";
import { DeliveryState, type Instant, MaybeInstant, Verdict, type WatchGeneration } from "../domain/job.ts";

/** One notification. Each generation of a watch has its own notifications. */
export interface NotificationKey extends WatchGeneration {
  readonly target: string;
}

export const Attempt = z.object({
  at: z.number(),
  verdict: Verdict,
  /** The HTTP status. Null without an answer. */
  status: z.nullable(z.number()),
  durationMs: z.number(),
  /** One of a closed list. */
  reason: z.string(),
  /** The first characters of the answer. Secrets are masked. */
  answer: z.string(),
});
export type Attempt = Readonly<z.infer<typeof Attempt>>;

/** How many attempts a delivery record keeps. */
export const ATTEMPT_HISTORY = 20;

/** What the ledger keeps of a notification. The defaults are those of a notification that has not been claimed yet. */
export const DeliveryRecord = z.object({
  target: z.string(),
  state: z._default(DeliveryState, "pending"),
  /** Attempts that count against the schedule. An attempt that was throttled does not count. */
  attempts: z._default(z.int(), 0),
  /** Latest attempts in a row that were throttled. */
  throttles: z._default(z.int(), 0),
  /** Time of the first attempt that was throttled. Later attempts do not change it. */
  throttledSince: z._default(MaybeInstant, null),
  /** 0 for the first notification. Each redelivery has the next number. */
  redelivery: z._default(z.int(), 0),
  nextAttemptAt: z._default(MaybeInstant, null),
  /** `nextAttemptAt` is reserved in the rate limit of the target. */
  nextAttemptReserved: z._default(z.boolean(), false),
  /** The notification failed, and its message is in the dead-letter queue. */
  deadLettered: z._default(z.boolean(), false),
  /** The latest attempts, oldest first, at most `ATTEMPT_HISTORY`. */
  history: z._default(z.array(Attempt), []),
});
export type DeliveryRecord = Readonly<z.infer<typeof DeliveryRecord>>;

/** Returns the record of a notification that has not been claimed yet. */
export function newDeliveryRecord(target: string): DeliveryRecord {
  return DeliveryRecord.parse({ target });
}

/** The message of the queue that an operation works for. */
interface NotificationOwner {
  readonly key: NotificationKey;
  readonly redelivery: number;
  readonly messageId: string;
}

export interface NotificationToClaim extends NotificationOwner {
  readonly now: Instant;
  readonly leaseMs: number;
  /** The ledger may delete the record after this time. */
  readonly expiresAt: Instant;
}

export type NotificationClaim =
  | { readonly kind: "claimed"; readonly record: DeliveryRecord }
  /** The notification is delivered or dead-lettered, or a newer redelivery exists. The message can be acknowledged. */
  | { readonly kind: "stale" }
  /** The notification failed, but its message is not in the dead-letter queue yet. */
  | { readonly kind: "needs_dead_letter"; readonly state: DeliveryState; readonly reason: string }
  /** The same message holds a lease that has not expired. An earlier delivery of the message may still run. */
  | { readonly kind: "own_lease" }
  /** Another message is responsible for the notification. The message can be acknowledged. */
  | { readonly kind: "other_owner" }
  /** The next attempt of this message is due at `until`. */
  | { readonly kind: "not_due"; readonly until: Instant };

export interface AttemptRecord extends NotificationOwner {
  readonly state: DeliveryState;
  /** The attempt counts against the schedule. An attempt that does not count and leaves `pending` was throttled. */
  readonly spent: boolean;
  readonly attempt: Attempt;
  /** Null unless `state` is `pending`. */
  readonly nextAttemptAt: Instant | null;
}

export interface Postponement extends NotificationOwner {
  readonly until: Instant;
  /** `until` is reserved in the rate limit of the target. */
  readonly nextAttemptReserved: boolean;
}

export interface NotificationLedger {
  /** Gives one message the right to make one attempt. */
  claimNotification(notification: NotificationToClaim): Promise<NotificationClaim>;
  /** Records an attempt and ends the lease. Returns `superseded` and writes nothing when the lease was lost. */
  recordAttempt(record: AttemptRecord): Promise<"recorded" | "superseded">;
  /** Ends the lease without an attempt. Returns `superseded` and writes nothing when the lease was lost. */
  postponeNotification(postponement: Postponement): Promise<"recorded" | "superseded">;
  /** Returns a new record when the notification has not been claimed yet. */
  readDelivery(key: NotificationKey): Promise<DeliveryRecord>;
  /** Records that the message of a failed notification is in the dead-letter queue. */
  markDeadLettered(key: NotificationKey, redelivery: number): Promise<void>;
  /** Makes a notification pending again, whatever its state. Returns the number of the redelivery. */
  startRedelivery(key: NotificationKey, expiresAt: Instant): Promise<number>;
}

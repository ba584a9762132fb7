import * as z from "zod/mini";
import { DeliveryState, type Instant, MaybeInstant, Verdict, type WatchGeneration } from "../domain/job.ts";

/** The key of one notification. A notification belongs to one generation of a watch and one target. */
export interface NotificationKey extends WatchGeneration {
  readonly target: string;
}

export const Attempt = z.object({
  at: z.number(),
  verdict: Verdict,
  /** The HTTP status. Null when the target gave no answer. */
  status: z.nullable(z.number()),
  durationMs: z.number(),
  /** The reason for the verdict, as a value of a fixed list. */
  reason: z.string(),
  /** The first characters of the target's answer. Secrets are masked. */
  answer: z.string(),
});
export type Attempt = Readonly<z.infer<typeof Attempt>>;

/** The maximum number of attempts in the history of a delivery record. */
export const ATTEMPT_HISTORY = 20;

/** The state that the ledger stores for a notification. The defaults describe a notification before the first claim. */
export const DeliveryRecord = z.object({
  target: z.string(),
  state: z._default(DeliveryState, "pending"),
  /** The number of attempts that use up the schedule. A throttled attempt does not count. */
  attempts: z._default(z.int(), 0),
  /** The number of attempts in a row that were throttled, up to the latest attempt. */
  throttles: z._default(z.int(), 0),
  /** The time of the first throttled attempt. Later attempts do not change the time. */
  throttledSince: z._default(MaybeInstant, null),
  /** The number of the latest redelivery. 0 before the first redelivery. */
  redelivery: z._default(z.int(), 0),
  nextAttemptAt: z._default(MaybeInstant, null),
  /** True when `nextAttemptAt` is reserved in the rate limit of the target. */
  nextAttemptReserved: z._default(z.boolean(), false),
  /** True when the notification failed and the message of the notification is in the dead-letter queue. */
  deadLettered: z._default(z.boolean(), false),
  /** The latest attempts, oldest first. The list has at most `ATTEMPT_HISTORY` attempts. */
  history: z._default(z.array(Attempt), []),
});
export type DeliveryRecord = Readonly<z.infer<typeof DeliveryRecord>>;

/** Returns the delivery record of a notification before the first claim. */
export function newDeliveryRecord(target: string): DeliveryRecord {
  return DeliveryRecord.parse({ target });
}

/** The queue message for which the ledger changes a notification. */
interface NotificationOwner {
  readonly key: NotificationKey;
  readonly redelivery: number;
  readonly messageId: string;
}

export interface NotificationToClaim extends NotificationOwner {
  readonly now: Instant;
  readonly leaseMs: number;
  /** The time after which the ledger may delete the record. */
  readonly expiresAt: Instant;
}

export type NotificationClaim =
  | { readonly kind: "claimed"; readonly record: DeliveryRecord }
  /** The notification is delivered or dead-lettered, or has a newer redelivery. The message can be acknowledged. */
  | { readonly kind: "stale" }
  /** The notification failed, but the message of the notification is not in the dead-letter queue yet. */
  | { readonly kind: "needs_dead_letter"; readonly state: DeliveryState; readonly reason: string }
  /** The message holds a lease already. An earlier invocation for the message may still run. */
  | { readonly kind: "own_lease" }
  /** Another message is responsible for the notification. The message can be acknowledged. */
  | { readonly kind: "other_owner" }
  /** The next attempt is due at the time `until`. */
  | { readonly kind: "not_due"; readonly until: Instant };

export interface AttemptRecord extends NotificationOwner {
  readonly state: DeliveryState;
  /** True when the attempt uses up the schedule. An attempt with `spent` false and state `pending` was throttled. */
  readonly spent: boolean;
  readonly attempt: Attempt;
  /** The time of the next attempt. Null unless `state` is `pending`. */
  readonly nextAttemptAt: Instant | null;
}

export interface Postponement extends NotificationOwner {
  readonly until: Instant;
  /** True when the time `until` is reserved in the rate limit of the target. */
  readonly nextAttemptReserved: boolean;
}

export interface NotificationLedger {
  /** Claims a notification for one message. A claim allows the message to make one attempt. */
  claimNotification(notification: NotificationToClaim): Promise<NotificationClaim>;
  /** Records an attempt and ends the lease. If the lease was lost, returns `superseded` and writes nothing. */
  recordAttempt(record: AttemptRecord): Promise<"recorded" | "superseded">;
  /** Ends the lease without an attempt. If the lease was lost, returns `superseded` and writes nothing. */
  postponeNotification(postponement: Postponement): Promise<"recorded" | "superseded">;
  /** Returns the delivery record of a notification. Returns a new record before the first claim. */
  readDelivery(key: NotificationKey): Promise<DeliveryRecord>;
  /** Records that the message of a failed notification is in the dead-letter queue. */
  markDeadLettered(key: NotificationKey, redelivery: number): Promise<void>;
  /** Makes a notification in any state pending again. Returns the number of the redelivery. */
  startRedelivery(key: NotificationKey, expiresAt: Instant): Promise<number>;
}

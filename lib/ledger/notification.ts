import * as z from "zod/mini";
import {
  DeliveryState,
  type Instant,
  type JobKey,
  MaybeInstant,
  Verdict,
  type WatchGeneration,
} from "../domain/job.ts";

/**
 * The key of one notification. A notification key contains no caller. If several callers of a job name the same target,
 * the watches of these callers share the notification, and the service notifies the target only once.
 */
export interface NotificationKey extends JobKey {
  /** The generation from `NotificationGenerations`. */
  readonly generation: number;
  /** The event of the notification, such as `job.failed`. */
  readonly event: string;
  readonly target: string;
}

/**
 * The generations in the notification keys of a watch, by target. For a target that is not in the object, the
 * generation is the generation of the watch.
 */
export type NotificationGenerations = Readonly<Record<string, number>>;

/**
 * Computes the generations in the notification keys of a watch from all watches of the job. The generation for a target
 * is the highest generation of all watches that name the target. Two watches that run at the same time have the same
 * notification key when the job ends, even if one of them was restarted. A restarted watch has a higher generation than
 * all other watches of the job, so a restart always leads to a new notification. Returns only the targets whose
 * generation is higher than the generation of the watch.
 */
export function computeHigherGenerations(
  { generation, targets }: WatchTargets,
  jobWatches: readonly WatchTargets[],
): NotificationGenerations {
  const highest = (target: string) =>
    Math.max(
      generation,
      ...jobWatches.filter((watch) => watch.targets.includes(target)).map((watch) => watch.generation),
    );
  return Object.fromEntries(
    targets.map((target) => [target, highest(target)] as const).filter(([, highest]) => highest > generation),
  );
}

interface WatchTargets {
  readonly generation: number;
  readonly targets: readonly string[];
}

/** Returns the key of the notification of a watch about an event to a target. */
export function createNotificationKey(
  { project, jobId, generation }: WatchGeneration,
  generations: NotificationGenerations,
  event: string,
  target: string,
): NotificationKey {
  // The name of a target can be the name of an inherited property, such as `constructor`.
  const own = Object.hasOwn(generations, target) ? generations[target] : undefined;
  return { project, jobId, generation: own ?? generation, event, target };
}

export const Attempt = z.object({
  at: z.number(),
  verdict: Verdict,
  /** The HTTP status of the target's response. `status` is null if the target sent no response. */
  status: z.nullable(z.number()),
  durationMs: z.number(),
  /** The reason for the verdict on the delivery attempt. `reason` is always one value of a fixed list. */
  reason: z.string(),
  /** The first characters of the target's response. Secrets in the response are masked. */
  answer: z.string(),
});
export type Attempt = Readonly<z.infer<typeof Attempt>>;

/** The maximum number of delivery attempts in the history of a delivery record. */
export const ATTEMPT_HISTORY = 20;

/**
 * The data that the ledger stores for a notification. The defaults describe a notification before the first delivery
 * attempt.
 */
export const DeliveryRecord = z.object({
  target: z.string(),
  state: z._default(DeliveryState, "pending"),
  /**
   * The number of delivery attempts that count against the retry schedule. A throttled delivery attempt does not count
   * against the retry schedule.
   */
  attempts: z._default(z.int(), 0),
  /** The number of latest delivery attempts in a row that the target throttled. */
  throttles: z._default(z.int(), 0),
  /** The time of the first throttled delivery attempt. Later delivery attempts do not change `throttledSince`. */
  throttledSince: z._default(MaybeInstant, null),
  /** The number of the latest redelivery. `redelivery` is 0 before the first redelivery. */
  redelivery: z._default(z.int(), 0),
  nextAttemptAt: z._default(MaybeInstant, null),
  /**
   * The time that the rate limit of the target reserved for the next delivery attempt. `nextAttemptAt` is a little
   * earlier. `requestAt` is null if no time is reserved.
   */
  requestAt: z._default(MaybeInstant, null),
  /**
   * `deadLettered` is true if the notification failed and the message of the notification is in the dead-letter queue.
   */
  deadLettered: z._default(z.boolean(), false),
  /** The latest delivery attempts in order of time. `history` contains at most `ATTEMPT_HISTORY` delivery attempts. */
  history: z._default(z.array(Attempt), []),
});
export type DeliveryRecord = Readonly<z.infer<typeof DeliveryRecord>>;

/** Returns the delivery record of a notification before the first delivery attempt. */
export function createPendingDeliveryRecord(target: string): DeliveryRecord {
  return DeliveryRecord.parse({ target });
}

/** The queue message that makes delivery attempts for a notification. */
interface NotificationOwner {
  readonly key: NotificationKey;
  readonly redelivery: number;
  readonly messageId: string;
}

export interface NotificationToClaim extends NotificationOwner {
  readonly now: Instant;
  readonly leaseMs: number;
  /** The time after which the ledger may delete the delivery record. */
  readonly expiresAt: Instant;
}

export type NotificationClaim =
  | { readonly kind: "claimed"; readonly record: DeliveryRecord }
  /**
   * The notification was delivered or dead-lettered, or a newer redelivery of the notification has started. The queue
   * message is no longer needed and can be acknowledged.
   */
  | { readonly kind: "stale" }
  /** The notification failed, but the message of the notification is not in the dead-letter queue yet. */
  | { readonly kind: "needs_dead_letter"; readonly state: DeliveryState; readonly reason: string }
  /**
   * An earlier delivery of the same queue message has already claimed the notification. The invocation for the earlier
   * delivery may still run.
   */
  | { readonly kind: "own_lease" }
  /**
   * Another queue message has claimed the notification. The notify function can acknowledge its own message.
   */
  | { readonly kind: "other_owner" }
  /** The next delivery attempt must not start before the time `until`. */
  | { readonly kind: "not_due"; readonly until: Instant };

export interface AttemptRecord extends NotificationOwner {
  readonly state: DeliveryState;
  /**
   * `spent` is true if the delivery attempt counts against the retry schedule. If `spent` is false, `state` is
   * `pending` and the verdict is `retry`, the target throttled the delivery attempt.
   */
  readonly spent: boolean;
  readonly attempt: Attempt;
  /** The time of the next delivery attempt. `nextAttemptAt` is null unless `state` is `pending`. */
  readonly nextAttemptAt: Instant | null;
}

interface Postponement extends NotificationOwner {
  readonly until: Instant;
  /** The time that the rate limit of the target reserved for the next delivery attempt, or null. */
  readonly requestAt: Instant | null;
}

export interface NotificationLedger {
  /**
   * Claims a notification for one queue message. The claim starts a lease of the notification: for the time of the
   * lease, only this queue message may make a delivery attempt.
   */
  claimNotification(notification: NotificationToClaim): Promise<NotificationClaim>;
  /**
   * Stores a delivery attempt and ends the lease of the notification. If the queue message has lost the lease of the
   * notification, returns `superseded` and writes nothing.
   */
  recordAttempt(record: AttemptRecord): Promise<"recorded" | "superseded">;
  /**
   * Ends the lease of the notification without a delivery attempt. If the queue message has lost the lease of the
   * notification, returns `superseded` and writes nothing.
   */
  postponeNotification(postponement: Postponement): Promise<"recorded" | "superseded">;
  /** Returns the delivery record of a notification. Returns a new delivery record if the ledger contains none. */
  readDelivery(key: NotificationKey): Promise<DeliveryRecord>;
  /** Stores that the message of a failed notification is in the dead-letter queue. */
  markDeadLettered(key: NotificationKey, redelivery: number): Promise<void>;
  /**
   * Sets the state of a notification to `pending`, from any state, so that the notification is sent again. Returns the
   * number of the redelivery. If another call has started a redelivery in the meantime, the operation changes nothing
   * and returns null.
   * @param after the number of the latest redelivery that the caller of this operation has read.
   */
  startRedelivery(key: NotificationKey, after: number, expiresAt: Instant): Promise<number | null>;
}

import * as z from "zod/mini";
import {
  DeliveryState,
  type Instant,
  type JobKey,
  Verdict,
  type WatchGeneration,
  type WatchState,
} from "../domain/job.ts";
import { IntegerZeroByDefault, NumberNullByDefault } from "../domain/zod-fields.ts";

/**
 * The key of a notification does not contain a caller. If several callers of a job name the same target, their watches
 * share one notification key. The service therefore notifies this target only once.
 */
export interface NotificationKey extends JobKey {
  /**
   * The generation of the watch, or the generation from `NotificationGenerations`. Each restart of a watch increases its
   * generation.
   */
  readonly generation: number;
  /** The event of the notification, such as `job.failed`. */
  readonly event: string;
  readonly target: string;
}

/**
 * For each target, the generation in the notification key. For a target that is not in this object, the notification
 * key contains the generation of the watch.
 */
export type NotificationGenerations = Readonly<Record<string, number>>;

/**
 * For each target of a watch, computes the generation in the notification key. This generation is the highest
 * generation of the job's watches that name the target. Two running watches of a job therefore share the notification
 * key for a target, even if one of the watches was restarted. A restart always leads to a new notification, because the
 * restarted watch has a higher generation than all other watches of the job. The result contains only the targets with
 * a higher generation than the generation of the watch.
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

/** The current generation of a watch, with its state and its latest start or restart. */
export interface StartedGeneration extends WatchGeneration {
  readonly state: WatchState;
  readonly acceptedAt: Instant;
}

/**
 * For targets that a call adds to an ended watch, computes the generation in the notification key as
 * `computeHigherGenerations` does, with one exception. If another watch with the target has ended with the same outcome
 * since the start or restart of the ended watch, the target was notified of this end. The notification key then has the
 * generation of the other watch, so that the target is not notified again.
 * @param jobWatches all watches of the job
 */
export function computeGenerationsOfLateTargets(
  ended: StartedGeneration,
  addedTargets: readonly string[],
  jobWatches: readonly (WatchTargets &
    StartedGeneration & {
      readonly concludedAt: Instant | null;
    })[],
): NotificationGenerations {
  const others = jobWatches.filter(({ caller }) => caller !== ended.caller);
  const generationOf = (target: string): number => {
    const sharing = others.filter(({ targets }) => targets.includes(target));
    const isNotified = sharing.some(
      ({ state, concludedAt }) => state === ended.state && (concludedAt ?? 0) >= ended.acceptedAt,
    );
    const generations = sharing.map(({ generation }) => generation);
    return Math.max(...(isNotified ? [] : [ended.generation]), ...generations);
  };
  return Object.fromEntries(
    addedTargets
      .map((target) => [target, generationOf(target)] as const)
      .filter(([, generation]) => generation !== ended.generation),
  );
}

/** Returns the key of the notification that informs a target about an event of a watch. */
export function createNotificationKey(
  { project, jobId, generation }: WatchGeneration,
  generations: NotificationGenerations,
  event: string,
  target: string,
): NotificationKey {
  // A target can have the name of a property that each object inherits, such as `constructor`.
  const own = Object.hasOwn(generations, target) ? generations[target] : undefined;
  return { project, jobId, generation: own ?? generation, event, target };
}

export const Attempt = z.object({
  at: z.number(),
  verdict: Verdict,
  /** The HTTP status of the target's response, or null without a response. */
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
 * The data that the ledger stores for a notification. The default values of the fields describe a notification before
 * the first delivery attempt.
 */
export const DeliveryRecord = z.object({
  target: z.string(),
  state: z._default(DeliveryState, "pending"),
  /**
   * The number of delivery attempts that used a step of the retry schedule. A delivery attempt that the target
   * throttled uses no step of the retry schedule.
   */
  attempts: IntegerZeroByDefault,
  /**
   * The number of delivery attempts that the target has throttled since the latest attempt that used a step of the
   * retry schedule.
   */
  throttles: IntegerZeroByDefault,
  /**
   * The time of the first delivery attempt that the target throttled. Later delivery attempts do not change
   * `throttledSince`.
   */
  throttledSince: NumberNullByDefault,
  /** The number of the latest redelivery (an additional notification that a caller requested), or 0. */
  redelivery: IntegerZeroByDefault,
  nextAttemptAt: NumberNullByDefault,
  /**
   * The time that the rate limit of the target reserved for the next delivery attempt, or null. `requestAt` is a little
   * later than `nextAttemptAt`.
   */
  requestAt: NumberNullByDefault,
  /**
   * `deadLettered` is true if the notification failed and the message of the notification is in the dead-letter queue.
   */
  deadLettered: z._default(z.boolean(), false),
  /** The latest delivery attempts in order of time. */
  history: z._default(z.array(Attempt), []),
});
export type DeliveryRecord = Readonly<z.infer<typeof DeliveryRecord>>;

export function createPendingDeliveryRecord(target: string): DeliveryRecord {
  return DeliveryRecord.parse({ target });
}

/** A notification, and the queue message for which the notify function makes the delivery attempts. */
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
   * Another queue message has claimed the notification. The notify function can acknowledge the queue message that has
   * not claimed the notification.
   */
  | { readonly kind: "other_owner" }
  /** The next delivery attempt must not start before the time `until`. */
  | { readonly kind: "not_due"; readonly until: Instant };

export interface AttemptRecord extends NotificationOwner {
  readonly state: DeliveryState;
  /**
   * `spent` is true if the delivery attempt used a step of the retry schedule. If `spent` is false, `state` is
   * `pending` and the verdict is `retry`, then the target throttled the delivery attempt.
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
   * Claims (reserves) a notification for one queue message for the time `leaseMs` (lease). During the lease of the
   * notification, the notify function makes a delivery attempt only for this queue message.
   */
  claimNotification(notification: NotificationToClaim): Promise<NotificationClaim>;
  /**
   * Stores a delivery attempt and ends the lease of the notification. Returns `superseded` and writes nothing if the
   * queue message has lost the lease of the notification.
   */
  recordAttempt(record: AttemptRecord): Promise<"recorded" | "superseded">;
  /**
   * Ends the lease of the notification without a delivery attempt. Returns `superseded` and writes nothing if the queue
   * message has lost the lease of the notification.
   */
  postponeNotification(postponement: Postponement): Promise<"recorded" | "superseded">;
  /** Returns the stored delivery record of a notification, or a new delivery record if no record is stored. */
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

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
 * A notification key does not contain the caller. Several callers of a job may name the same target. Callers that name
 * the same target share one notification key, so the service notifies the target only once.
 */
export interface NotificationKey extends JobKey {
  /**
   * The generation of the watch, or a higher generation from `NotificationGenerations`. Each restart increases the
   * generation of a watch.
   */
  readonly generation: number;
  /** The event of the notification, such as `job.failed`. */
  readonly event: string;
  readonly target: string;
}

/**
 * The generation in the notification key, for each target. For all other targets, the notification key contains the
 * generation of the watch.
 */
export type NotificationGenerations = Readonly<Record<string, number>>;

/**
 * Maps each target of a watch to the generation in the target's notification key. This generation is the highest of the
 * job's watches that name the target. The result omits a target if its highest generation is the watch's own generation.
 * Two running watches with the same target then share a notification key, even if one of them was restarted. A
 * restarted watch always leads to a new notification, because it has the highest generation of the job.
 */
export function mapTargetsToHighestGenerationIfHigherThanOwn(
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

interface WatchOfJob extends WatchTargets, StartedGeneration {
  readonly concludedAt: Instant | null;
}

/**
 * Computes the generation in the notification key for each target that a call adds to an ended watch. If another watch
 * has already notified the target of the same end of the job, the result is the generation of that watch. With the
 * generation of the other watch in the key, the service does not notify the target twice.
 * @param jobWatches all watches of the job
 */
export function computeGenerationsOfTargetsAddedAfterEnd(
  ended: StartedGeneration,
  addedTargets: readonly string[],
  jobWatches: readonly WatchOfJob[],
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

/** Returns the key of the notification about one event of a watch for one target. */
export function createNotificationKey(
  { project, jobId, generation }: WatchGeneration,
  generations: NotificationGenerations,
  event: string,
  target: string,
): NotificationKey {
  // A target may have the name `constructor`. Every object has a property with this name.
  const own = Object.hasOwn(generations, target) ? generations[target] : undefined;
  return { project, jobId, generation: own ?? generation, event, target };
}

export const Attempt = z.lazy(() =>
  z.object({
    at: z.number(),
    verdict: Verdict,
    /** The HTTP status of the target's response, or null without a response. */
    status: z.nullable(z.number()),
    durationMs: z.number(),
    /** The reason for the verdict, a value of a fixed list. */
    reason: z.string(),
    /** The beginning of the target's response. Secrets are masked. */
    answer: z.string(),
  }),
);
export type Attempt = Readonly<z.infer<typeof Attempt>>;

/** The maximum number of attempts in the history. */
export const ATTEMPT_HISTORY = 20;

/** The stored data of a notification. A notification without an attempt has the default values. */
export const DeliveryRecord = z.lazy(() =>
  z.object({
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
    /** The time that the rate limit of the target reserved for the next delivery attempt, or null. */
    requestAt: NumberNullByDefault,
    /**
     * `deadLettered` is true if the notification failed and the message of the notification is in the dead-letter
     * queue.
     */
    deadLettered: z._default(z.boolean(), false),
    /** The latest delivery attempts, oldest first. */
    history: z._default(z.array(Attempt), []),
  }),
);
export type DeliveryRecord = Readonly<z.infer<typeof DeliveryRecord>>;

export function createPendingDeliveryRecord(target: string): DeliveryRecord {
  return DeliveryRecord.parse({ target });
}

/** A notification, and the queue message that makes its attempts. */
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
   * The notification was delivered or dead-lettered, or a caller has requested another delivery. The queue message is
   * no longer needed.
   */
  | { readonly kind: "stale" }
  /** The notification has failed, but the dead-letter queue does not contain its message yet. */
  | { readonly kind: "needs_dead_letter"; readonly state: DeliveryState; readonly reason: string }
  /**
   * The same queue message has already claimed the notification in an earlier invocation. The earlier invocation of the
   * function may still run.
   */
  | { readonly kind: "own_lease" }
  /**
   * Another queue message has claimed the notification. The queue message of this call is not needed, because the other
   * message delivers the notification.
   */
  | { readonly kind: "other_owner" }
  /** The time `until` has not come, so the next delivery attempt must not start. */
  | { readonly kind: "not_due"; readonly until: Instant };

export interface AttemptRecord extends NotificationOwner {
  readonly state: DeliveryState;
  /**
   * True if the delivery attempt uses a step of the retry schedule. The target throttled the attempt if `spent` is
   * false, `state` is `pending` and the verdict is `retry`.
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
   * Reserves a notification for one queue message for the time `leaseMs` (lease). During the lease, only the queue
   * message with the claim may start a delivery attempt.
   */
  claimNotification(notification: NotificationToClaim): Promise<NotificationClaim>;
  /**
   * Stores a delivery attempt and ends the lease of the notification. If the queue message has lost the lease, nothing
   * is written and the result is `superseded`.
   */
  recordAttempt(record: AttemptRecord): Promise<"recorded" | "superseded">;
  /**
   * Ends the lease of a notification without a delivery attempt. Returns `superseded` and writes nothing if the queue
   * message has lost the lease of the notification.
   */
  postponeNotificationAndEndLease(postponement: Postponement): Promise<"recorded" | "superseded">;
  /** Returns the stored record of a notification, or a new record. */
  readDeliveryOrPendingRecord(key: NotificationKey): Promise<DeliveryRecord>;
  /** Stores that the failed notification is in the dead-letter queue. */
  markDeadLettered(key: NotificationKey, redelivery: number): Promise<void>;
  /**
   * Sets a notification to `pending`, from any state, so that it is sent again. Returns the number of the redelivery.
   * If another call has started a redelivery of the notification, nothing changes and the result is null.
   * @param latestRedelivery the latest redelivery number that the caller has read.
   */
  startRedeliveryIfLatestIs(
    key: NotificationKey,
    latestRedelivery: number,
    expiresAt: Instant,
  ): Promise<number | null>;
}

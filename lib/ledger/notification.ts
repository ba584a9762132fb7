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
   * The generation of the watch. If `NotificationGenerations` contains the target, `generation` comes from
   * `NotificationGenerations`.
   */
  readonly generation: number;
  /** The event of the notification, such as `job.failed`. */
  readonly event: string;
  readonly target: string;
}

/**
 * Maps target names to generations for notification keys. If the map does not contain a target, the notification key of
 * the target contains the generation of the watch.
 */
export type NotificationGenerations = Readonly<Record<string, number>>;

/**
 * Returns the targets of a watch that need a higher generation in their notification keys, each with this generation.
 * Several watches of a job may have the same target. The notification key of the common target contains the highest
 * generation of the watches, so that the target gets only one notification. A restarted watch has the highest
 * generation of the job, so it leads to a new notification. The result omits a target if the highest generation is the
 * generation of the watch itself.
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
 * Computes the generations for notification keys of targets that a call adds to an ended watch. If another watch of the
 * job has already notified the target of the same end, the key contains the generation of the other watch. In this way,
 * the target gets only one notification.
 * @param jobWatches all watches of the job
 */
export function findSharedGenerationsOfTargetsAddedAfterEnd(
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
  // A target may have the name `constructor`, which is also the name of a property of every object.
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
    /** One reason of a fixed list, which explains the verdict. */
    reason: z.string(),
    /** The beginning of the target's response. Secrets are masked. */
    answer: z.string(),
  }),
);
export type Attempt = Readonly<z.infer<typeof Attempt>>;

/** The maximum number of attempts in the history. */
export const ATTEMPT_HISTORY = 20;

/** The stored data of a notification. Before the first delivery attempt, the fields have their default values. */
export const DeliveryRecord = z.lazy(() =>
  z.object({
    target: z.string(),
    state: z._default(DeliveryState, "pending"),
    /**
     * The number of used steps of the retry schedule. A throttled delivery attempt uses no step of the retry schedule.
     */
    attempts: IntegerZeroByDefault,
    /** The number of throttled delivery attempts since the retry schedule last used a step. */
    throttles: IntegerZeroByDefault,
    /** The time of the first throttled delivery attempt. Later attempts do not change `throttledSince`. */
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

/** A notification, and the queue message for which the function makes a delivery attempt. */
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
   * The queue message is no longer needed. The notification was already delivered or dead-lettered, or a caller has
   * requested a new delivery.
   */
  | { readonly kind: "stale" }
  /** The notification has failed, but the dead-letter queue does not contain its message yet. */
  | { readonly kind: "needs_dead_letter"; readonly state: DeliveryState; readonly reason: string }
  /**
   * An earlier invocation of the function has claimed the notification for the same queue message. The earlier
   * invocation may still run.
   */
  | { readonly kind: "own_lease" }
  /**
   * The notification is claimed for another queue message, which delivers the notification. The calling function does
   * not need its own queue message.
   */
  | { readonly kind: "other_owner" }
  /** The next delivery attempt must not start before `until`. */
  | { readonly kind: "not_due"; readonly until: Instant };

export interface AttemptRecord extends NotificationOwner {
  readonly state: DeliveryState;
  /**
   * True if the delivery attempt uses a step of the retry schedule. If `spent` is false, an attempt with the state
   * `pending` and the verdict `retry` counts as throttled.
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
   * Reserves a notification for one queue message (a claim). For `leaseMs` milliseconds (the lease), no other queue
   * message can start a delivery attempt.
   */
  claimNotification(notification: NotificationToClaim): Promise<NotificationClaim>;
  /**
   * Stores a delivery attempt of a notification. The call ends the lease of the notification. If the lease belongs to
   * another queue message, the function writes nothing and returns `superseded`.
   */
  recordAttemptIfClaimed(record: AttemptRecord): Promise<"recorded" | "superseded">;
  /**
   * Ends the lease of a notification without a delivery attempt. If the lease belongs to another queue message, the
   * function writes nothing and returns `superseded`.
   */
  postponeNotificationAndEndLease(postponement: Postponement): Promise<"recorded" | "superseded">;
  /** Returns the stored record of a notification, or a new record. */
  readDeliveryOrPendingRecord(key: NotificationKey): Promise<DeliveryRecord>;
  /** Stores that the failed notification is in the dead-letter queue. */
  markDeadLettered(key: NotificationKey, redelivery: number): Promise<void>;
  /**
   * Starts a redelivery: sets the state of a notification to `pending`, so that the service sends it again. Returns the
   * number of the redelivery. If another call has already started a redelivery, the function changes nothing and
   * returns null.
   * @param latestRedelivery the latest redelivery number that the caller has read.
   */
  startRedeliveryIfLatestIs(
    key: NotificationKey,
    latestRedelivery: number,
    expiresAt: Instant,
  ): Promise<number | null>;
}

import * as z from "zod/mini";
import { isCallbackTargetName } from "../channels/webhook/target.ts";
import type { Context } from "../domain/context-and-labels.ts";
import { type Instant, type Job, type PollErrors, type WatchGeneration, WatchState } from "../domain/job.ts";
import { mayBeDifferentOperation, type Operation } from "../domain/operation.ts";
import type { OutcomeSummary } from "../domain/outcome-summary.ts";
import type { ReadyProgress } from "../domain/ready.ts";
import { countUtf8Bytes, truncate } from "../domain/truncate-text.ts";
import { IntegerZeroByDefault, NumberNullByDefault, TextNullByDefault } from "../domain/zod-fields.ts";
import type { NotificationGenerations } from "./notification.ts";
import type { SlowRecord, WatchDelivery } from "./watch-deliveries-and-overdue-times.ts";

export const NO_LIMITS: WatchLimits = { callbacksPerWatch: 0, targetsPerWatch: 0 };

/** The maximum size of each text from CCE that a watch contains. A watch must be small, because each poll writes it. */
const TEXT_BYTES = 200;

/** The maximum number of poll times that a watch contains. */
export const POLL_HISTORY = 60;

/** The fields of a watch that the ledger stores without conversion. */
export const WatchFields = z.lazy(() =>
  z.object({
    generation: z.int(),
    state: WatchState,
    /**
     * The number of the latest claimed poll. `poll` is 0 before the first poll. A restart of the watch does not reset
     * `poll`.
     */
    poll: z.int(),
    /** False while a poll is claimed and its result is not stored yet. */
    pollDone: z.boolean(),
    /**
     * Poll numbers continue after a restart. `previousPolls` is the number of the last poll before the restart, or 0
     * without a restart.
     */
    previousPolls: IntegerZeroByDefault,
    /** The number of polls that the rate limit has postponed since the last start of the watch. */
    rateLimitedPolls: IntegerZeroByDefault,
    acceptedAt: z.number(),
    deadlineAt: z.number(),
    concludedAt: NumberNullByDefault,
    /** The planned time of the next poll. `nextPollAt` is null after the end of the watch. */
    nextPollAt: NumberNullByDefault,
    digestId: TextNullByDefault,
    /** The W3C trace context of the API call that started this generation of the watch. */
    traceparent: TextNullByDefault,
    /**
     * The phase of the job in the latest poll. Long values of `phase`, `jobType` and `resourceName` are truncated. For
     * an operation, `jobType` is known before the first poll.
     */
    phase: TextNullByDefault,
    jobType: TextNullByDefault,
    resourceName: TextNullByDefault,
    consecutiveFailures: IntegerZeroByDefault,
    /**
     * The number of minutes after the success of the job in which its resource must become usable. `readyMinutes` is
     * null for a watch that ends with its job.
     */
    readyMinutes: NumberNullByDefault,
    /**
     * The time from which the job counts as slow. When the job is slow, `slowAt` becomes the time of the next check of
     * the notifications about the slow job. `slowAt` is null if no target lists `slow`, or if the limit for slow jobs
     * is unknown. After all notifications about the slow job are finished, `slowAt` is also null.
     */
    slowAt: NumberNullByDefault,
    /** The reason why the watch failed, in one line. `cause` is null for a watch without a failure. */
    cause: TextNullByDefault,
    /** The duration of the ended job. `durationSeconds` is null if the duration is unknown. */
    durationSeconds: NumberNullByDefault,
  }),
);

/** The current generation of a watch. A restart starts a new generation. */
export interface Watch extends WatchGeneration, PollErrors, Readonly<z.infer<typeof WatchFields>> {
  /** The sorted names of targets and callbacks. */
  readonly targets: readonly string[];
  /** The times of the latest polls, oldest first. */
  readonly polledAt: readonly Instant[];
  /** `ready` is null until a poll of a watch with `readyMinutes` has seen the success of the job. */
  readonly ready: ReadyProgress | null;
  /** The watched operation. `operation` is null if the watch is about a job. */
  readonly operation: Operation | null;
}

/** The context and the callback URLs from the caller. */
export interface CallerData {
  readonly context: Context;
  /** The encrypted callback URLs by callback name. */
  readonly callbacks: Readonly<Record<string, string>>;
}

/** Fields of a job that are stored in the watch. */
export type ObservedJob = Pick<Watch, "phase" | "jobType" | "resourceName">;

export interface EndedJob extends ObservedJob, Pick<Watch, "cause" | "durationSeconds"> {}

/**
 * The stored outcome of a watch. `generations` contains the generations for the keys of notifications about the
 * outcome.
 */
export interface OutcomeRecord {
  readonly summary: OutcomeSummary;
  readonly generations: NotificationGenerations;
}

export interface StoredOutcome extends OutcomeRecord {
  readonly tree: Job | null;
}

/** The data of a watch that the ledger stores for the current generation of the watch. */
export interface WatchDocument extends CallerData {
  readonly watch: Watch;
  readonly summary: OutcomeSummary | null;
  readonly tree: Job | null;
  /** Until the ledger has stored the outcome, the generations can change. */
  readonly generations: NotificationGenerations;
  /** `slow` is null unless a poll of the current generation found the job slow. */
  readonly slow: SlowRecord | null;
  /** The delivery records in the order of `listDeliveries`. */
  readonly deliveries: readonly WatchDelivery[];
}

/**
 * Compares watches by acceptance time, newest first. Watches with the same time are sorted by the name of the caller.
 */
export function compareNewestFirst(a: Watch, b: Watch): number {
  return b.acceptedAt - a.acceptedAt || (a.caller < b.caller ? 1 : -1);
}

/**
 * Returns true if an API call restarts the existing watch of the caller. A call restarts a stopped watch. A call also
 * restarts an ended watch with `restartable`, and an ended watch of an operation if the call may mean a different
 * operation.
 * @param found the watch as stored before the call
 * @param operation the operation in the call, or null or undefined for a job.
 */
export function isRestartedByCall(
  found: Pick<Watch, "state" | "operation"> & { readonly restartable: boolean },
  operation: Operation | null | undefined,
): boolean {
  if (found.state === "stopped" || found.restartable) return true;
  return found.state !== "watching" && mayBeDifferentOperation(operation, found.operation);
}

/** Returns the number of polls in the current generation, including a running poll. */
export function countQueriedPollsOfGeneration(
  watch: Pick<Watch, "poll" | "previousPolls" | "rateLimitedPolls">,
): number {
  return watch.poll - watch.previousPolls - watch.rateLimitedPolls;
}

/** Truncates a CCE text to `TEXT_BYTES` bytes, because a stored watch must be small. */
export function truncateObservedText<Text extends string | null>(text: Text): Text | string {
  return text === null ? text : truncate(text, TEXT_BYTES, countUtf8Bytes);
}

export function truncateReadyTexts(ready: ReadyProgress): ReadyProgress {
  const { reason, message } = ready;
  return { ...ready, reason: truncateObservedText(reason), message: truncateObservedText(message) };
}

export function truncateObservedJob({ phase, jobType, resourceName }: ObservedJob): ObservedJob {
  return {
    phase: truncateObservedText(phase),
    jobType: truncateObservedText(jobType),
    resourceName: truncateObservedText(resourceName),
  };
}

export function truncateEndedJob(job: EndedJob): EndedJob {
  return {
    ...truncateObservedJob(job),
    cause: truncateObservedText(job.cause),
    durationSeconds: job.durationSeconds,
  };
}

/** The maximum number of callbacks and the maximum number of other targets of a watch. 0 means no limit. */
export interface WatchLimits {
  readonly callbacksPerWatch: number;
  readonly targetsPerWatch: number;
}

/**
 * Returns the name of the limit that the watch would exceed with the new targets `added`, or null. A callback counts
 * only towards the limit of callbacks, and any other target only towards the limit of targets.
 * @param targets the targets of the watch before the call
 */
export function findExceededLimit(
  targets: readonly string[],
  added: readonly string[],
  limits: WatchLimits = NO_LIMITS,
): keyof WatchLimits | null {
  const exceeds = (limit: number, isOfKind: (name: string) => boolean): boolean => {
    const more = added.filter(isOfKind).length;
    return limit > 0 && more > 0 && targets.filter(isOfKind).length + more > limit;
  };
  if (exceeds(limits.callbacksPerWatch, isCallbackTargetName)) return "callbacksPerWatch";
  return exceeds(limits.targetsPerWatch, (name) => !isCallbackTargetName(name)) ? "targetsPerWatch" : null;
}

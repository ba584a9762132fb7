import * as z from "zod/mini";
import { isCallbackTargetName } from "../channels/webhook/target.ts";
import type { Context } from "../domain/context.ts";
import { type Instant, type Job, type PollErrors, type WatchGeneration, WatchState } from "../domain/job.ts";
import { mayBeAnotherOperation, type Operation } from "../domain/operation.ts";
import type { OutcomeSummary } from "../domain/outcome-summary.ts";
import type { ReadyProgress } from "../domain/ready.ts";
import { countUtf8Bytes, truncate } from "../domain/truncate-text.ts";
import { IntegerZeroByDefault, NumberNullByDefault, TextNullByDefault } from "../domain/zod-fields.ts";
import type { NotificationGenerations } from "./notification.ts";
import type { SlowRecord, WatchDelivery } from "./watch-deliveries.ts";

export const NO_LIMITS: WatchLimits = { callbacksPerWatch: 0, targetsPerWatch: 0 };

/**
 * The maximum size of a text from CCE in a watch. A stored watch must be small, because each poll writes the watch to
 * the ledger.
 */
const TEXT_BYTES = 200;

/**
 * If a poll is late by more than `POLL_OVERDUE_MS`, the queue message of the poll is probably lost. The delays of the
 * queue and of a cold start of a Lambda function are shorter than `POLL_OVERDUE_MS`.
 */
const POLL_OVERDUE_MS = 30_000;
/**
 * A poll or notification that is late by a quarter of an hour is stuck: its message was sent again at least twice without
 * effect. The alarm `overdue` counts the runs of the sweep function that find a stuck poll or notification.
 */
export const STUCK_MS = 15 * 60_000;

/**
 * The time between the end of a watch and the check whether all notifications of the watch were delivered. At the time
 * of this check, most notifications are already delivered.
 */
const DELIVERIES_OVERDUE_MS = 60_000;

/** The maximum number of poll times that the ledger stores for one watch. */
export const POLL_HISTORY = 60;

/** The fields of a watch that the ledger stores without conversion. */
export const WatchFields = z.object({
  generation: z.int(),
  state: WatchState,
  /**
   * The number of the latest poll that a queue message has claimed (reserved). `poll` is 0 before the first poll. A
   * restart of the watch does not reset `poll`.
   */
  poll: z.int(),
  /**
   * `pollDone` is true if the message for the next poll is in the queue. `pollDone` is also true before the first poll.
   */
  pollDone: z.boolean(),
  /** The number of the last poll before the latest restart of the watch, or 0 for a watch without a restart. */
  previousPolls: IntegerZeroByDefault,
  /** The number of polls in the current generation of the watch that the rate limit postponed. */
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
   * The phase of the job in the latest poll. Long values of `phase`, `jobType` and `resourceName` are truncated. If the
   * watch has an operation in place of a job, `jobType` is known before the first poll.
   */
  phase: TextNullByDefault,
  jobType: TextNullByDefault,
  resourceName: TextNullByDefault,
  consecutiveFailures: IntegerZeroByDefault,
  /**
   * The number of minutes after the success of the job within which the resource of the job must become usable.
   * `readyMinutes` is null if the watch ends with the job.
   */
  readyMinutes: NumberNullByDefault,
  /**
   * The time from which the job counts as slow. After the service has sent the notifications about the slow job,
   * `slowAt` is the time at which one of these notifications is overdue. `slowAt` is null if no target wants to know
   * about slow jobs, if no poll has seen the job yet, or if too few jobs of the same type have ended. `slowAt` is also
   * null if each notification about the slow job was delivered or will not be tried again.
   */
  slowAt: NumberNullByDefault,
  /** The cause of the failure that ended the watch, in one line. `cause` is null for a watch without a failure. */
  cause: TextNullByDefault,
  /** The duration of the ended job. `durationSeconds` is null if the duration is unknown. */
  durationSeconds: NumberNullByDefault,
});

/** The current generation of a watch. A restart of the watch starts a new generation. */
export interface Watch extends WatchGeneration, PollErrors, Readonly<z.infer<typeof WatchFields>> {
  /** The sorted names of the watch's targets and callbacks. */
  readonly targets: readonly string[];
  /** The times of the latest polls in order of time. */
  readonly polledAt: readonly Instant[];
  /** `ready` is null until a poll of a watch with `readyMinutes` has seen the success of the job. */
  readonly ready: ReadyProgress | null;
  /** The operation that the polls of the watch query in place of a job. `operation` is null if the watch has a job. */
  readonly operation: Operation | null;
}

/** The context and the callback URLs that the caller of a watch sent. */
export interface CallerData {
  readonly context: Context;
  /** The encrypted callback URLs by the names of the callbacks. */
  readonly callbacks: Readonly<Record<string, string>>;
}

/** The fields of a job that the ledger stores in the watch. */
export type ObservedJob = Pick<Watch, "phase" | "jobType" | "resourceName">;

export interface EndedJob extends ObservedJob, Pick<Watch, "cause" | "durationSeconds"> {}

/**
 * The outcome summary of a watch generation, and the generations in the keys of the notifications about the outcome.
 */
export interface OutcomeRecord {
  readonly summary: OutcomeSummary;
  readonly generations: NotificationGenerations;
}

export interface StoredOutcome extends OutcomeRecord {
  readonly tree: Job | null;
}

/** All data that the ledger stores for the current generation of a watch. */
export interface WatchDocument extends CallerData {
  readonly watch: Watch;
  readonly summary: OutcomeSummary | null;
  readonly tree: Job | null;
  /** The generations in the notification keys are final after the ledger has stored the outcome of the watch. */
  readonly generations: NotificationGenerations;
  /** `slow` is null unless a poll of the current generation of the watch found that the job is slow. */
  readonly slow: SlowRecord | null;
  /** The delivery records of the watch, in the order of `listDeliveries`. */
  readonly deliveries: readonly WatchDelivery[];
}

/** Compares watches by acceptance time, newest first. If the times are equal, compares the names of the callers. */
export function compareNewestFirst(a: Watch, b: Watch): number {
  return b.acceptedAt - a.acceptedAt || (a.caller < b.caller ? 1 : -1);
}

/**
 * Returns true if an API call restarts the watch that the caller already has. A call restarts a watch that was stopped
 * or is restartable. A call also restarts an ended watch if the operation in the call may be new.
 * @param found the watch before the call
 * @param operation the operation in the call. `operation` is null or undefined if the call names a job.
 */
export function isRestartedByCall(
  found: Pick<Watch, "state" | "operation"> & { readonly restartable: boolean },
  operation: Operation | null | undefined,
): boolean {
  if (found.state === "stopped" || found.restartable) return true;
  return found.state !== "watching" && mayBeAnotherOperation(operation, found.operation);
}

/** Returns the number of polls in the current generation of the watch, including a poll that is in progress. */
export function countPollsOfGeneration(
  watch: Pick<Watch, "poll" | "previousPolls" | "rateLimitedPolls">,
): number {
  return watch.poll - watch.previousPolls - watch.rateLimitedPolls;
}

/**
 * The sweep function runs periodically and replaces lost queue messages. Returns the time from which the sweep function
 * replaces the message of a poll that is planned for `nextPollAt`.
 */
export function pollOverdueAt(nextPollAt: Instant): Instant {
  return nextPollAt + POLL_OVERDUE_MS;
}

/**
 * Rounds the time `at` up to the last millisecond before the next run of the sweep function. The sweep function runs at
 * each multiple of `sweepIntervalMs`. The sweep function therefore finds the same overdue watches with rounded times as
 * with exact times.
 */
export function roundUpToLastMsBeforeSweep(at: Instant, sweepIntervalMs: number): Instant {
  return Math.floor(at / sweepIntervalMs) * sweepIntervalMs + sweepIntervalMs - 1;
}

/**
 * Returns the time when the sweep function checks whether all notifications of an ended watch were delivered.
 * @param at the time when the watch ended, or when a target was added to the ended watch.
 */
export function deliveriesOverdueAt(at: Instant): Instant {
  return at + DELIVERIES_OVERDUE_MS;
}

/** Truncates a text from CCE to `TEXT_BYTES` bytes, because a stored watch must be small. */
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

/** The maximum numbers of callbacks and of other targets of one watch. The value 0 means no limit. */
export interface WatchLimits {
  readonly callbacksPerWatch: number;
  readonly targetsPerWatch: number;
}

/**
 * Returns the limit that a watch would exceed if a call added the targets `added`, or null. Only a call that adds a
 * callback can exceed the limit of callbacks. Only a call that adds another target can exceed the limit of targets.
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

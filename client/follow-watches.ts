import type { StatusDocument } from "../lib/api/status-document.ts";
import type { JobKey } from "../lib/domain/job.ts";
import type { NotifierClient } from "./client.ts";
import { ProblemError } from "./errors.ts";

/** The largest number of calls to the service at the same time. */
const MAX_PARALLEL_CALLS = 5;
/**
 * The longest time that one call waits for the end of a watch. This time is enough, because the service records a poll
 * within a few seconds after the poll's planned time. A longer time is not used, because each waiting call keeps one
 * Lambda instance of the service busy.
 */
const MAX_WAIT_SECONDS = 5;
/**
 * The minimum time until the next call for a watch. The service can ask for a longer time in the header `retry-after`.
 */
const MIN_DELAY_SECONDS = 1;

interface FollowOptions {
  readonly timeoutMs: number;
  readonly client: Pick<NotifierClient, "statusReply">;
  /** Returns true if the client need not read the status of the watch again. */
  readonly isOver: (status: StatusDocument) => boolean;
  readonly onStatus: (status: StatusDocument) => void;
  /**
   * `onRefused` is called if the service refuses to return the status of a watch. The client does not read the status
   * of the refused watch again.
   */
  readonly onRefused: (watch: JobKey, error: ProblemError) => void;
  /** Returns the time of a clock that is never set back, in milliseconds. */
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<unknown>;
}

/**
 * Returns the number of seconds for which one call waits for the end of a watch. With many running watches, a call does
 * not wait, so that the client reads the status of each watch often enough.
 */
export function waitSecondsPerCall(running: number): number {
  return Math.floor((MAX_WAIT_SECONDS * MAX_PARALLEL_CALLS) / Math.max(running, MAX_PARALLEL_CALLS));
}

/**
 * Reads the status of watches again and again. Returns true when all watches are over, or false when `timeoutMs`
 * milliseconds have passed. The first call for the status of a watch does not wait. The header `retry-after` of the
 * response contains the time until the next call. The time in `retry-after` ends just after the next poll of the job.
 * @throws the first error other than a `ProblemError`. After this error, the client reads no further status.
 */
export async function followWatches(
  watches: readonly JobKey[],
  { timeoutMs, client, isOver, onStatus, onRefused, now, wait }: FollowOptions,
): Promise<boolean> {
  const deadline = now() + timeoutMs;
  const limitCalls = createCallLimit(MAX_PARALLEL_CALLS);
  let running = watches.length;
  let failed = false;

  async function follow(watch: JobKey): Promise<void> {
    for (let isFirstCall = true; ; isFirstCall = false) {
      const remainingSeconds = Math.ceil((deadline - now()) / 1000);
      if (failed || remainingSeconds <= 0) return;
      const delaySeconds = await limitCalls(() => readStatus(watch, isFirstCall ? 0 : remainingSeconds));
      if (delaySeconds === null) break;
      await wait(Math.max(0, Math.min(delaySeconds * 1000, deadline - now())));
    }
    running -= 1;
  }

  /** Returns the seconds until the next call for the watch, or null if no further call is needed. */
  async function readStatus(watch: JobKey, maxWaitSeconds: number): Promise<number | null> {
    const waitSeconds = Math.min(maxWaitSeconds, waitSecondsPerCall(running));
    try {
      const { data, retryAfterSeconds } = await client.statusReply(watch, waitSeconds);
      onStatus(data);
      return isOver(data) ? null : Math.max(MIN_DELAY_SECONDS, retryAfterSeconds ?? 0);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      onRefused(watch, error);
      return null;
    }
  }

  await Promise.all(
    watches.map((watch) =>
      follow(watch).catch((error: unknown) => {
        failed = true;
        throw error;
      }),
    ),
  );
  return running === 0;
}

/** Returns a function that runs calls, at most `limit` at the same time. */
function createCallLimit(limit: number): <T>(call: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let calls = 0;
  return async (call) => {
    if (calls === limit) await new Promise<void>((resolve) => waiting.push(resolve));
    else calls += 1;
    try {
      return await call();
    } finally {
      const next = waiting.shift();
      if (next === undefined) calls -= 1;
      else next();
    }
  };
}

import type { StatusDocument } from "../lib/api/status-document.ts";
import type { JobKey } from "../lib/domain/job.ts";
import type { NotifierClient } from "./client.ts";
import { ProblemError } from "./errors.ts";

/** The maximum number of simultaneous calls to the service. */
const MAX_PARALLEL_CALLS = 5;
/**
 * The longest time that one status request waits for the end of a watch. While a status request waits, it keeps one
 * Lambda instance of the service busy.
 */
const MAX_WAIT_SECONDS = 5;
/**
 * The minimum time between two requests for the status of the same watch. The header `retry-after` of a response can
 * ask for a longer time between two requests.
 */
const MIN_DELAY_SECONDS = 1;

interface FollowOptions {
  readonly timeoutMs: number;
  readonly client: Pick<NotifierClient, "statusReply">;
  /** Returns true if the client can stop polling the watch. */
  readonly isOver: (status: StatusDocument) => boolean;
  readonly onStatus: (status: StatusDocument) => void;
  /**
   * The client calls `onRefused` if the service refuses to return the status of a watch, and stops polling this watch.
   */
  readonly onRefused: (watch: JobKey, error: ProblemError) => void;
  /** Returns the current time in milliseconds, from a clock that is never set back. */
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<unknown>;
}

/**
 * Returns the number of seconds that one status request may wait for the end of a watch. The client sends only a
 * limited number of requests at the same time. If many watches are running, each request waits a shorter time, so that
 * the client soon requests the other watches.
 */
export function waitSecondsPerCall(running: number): number {
  return Math.floor((MAX_WAIT_SECONDS * MAX_PARALLEL_CALLS) / Math.max(running, MAX_PARALLEL_CALLS));
}

/**
 * Polls each watch until the watch has a final status. Returns true if all watches became final within `timeoutMs`
 * milliseconds. The service responds to the first request for each watch without a delay. The response header
 * `retry-after` determines when the client polls the watch again.
 * @throws the first error that is not a `ProblemError`. After such an error, the client stops polling all watches.
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

  /**
   * Requests the status of one watch. Returns the seconds until the next request for the status of the watch, or null
   * if no further request is needed.
   */
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

/** Returns a function that runs at most `limit` calls at the same time. */
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

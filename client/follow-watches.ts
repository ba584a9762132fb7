import type { StatusDocument } from "../lib/api/status-document.ts";
import type { JobKey } from "../lib/domain/job.ts";
import type { NotifierClient } from "./client.ts";
import { ProblemError } from "./errors.ts";

/**
 * The largest number of calls to the service at the same time. Each call that waits keeps one Lambda instance of the
 * service busy.
 */
const MAX_PARALLEL_CALLS = 5;
/** The longest time that the service allows one call to wait for the end of a watch. */
export const MAX_WAIT_SECONDS = 25;
/**
 * The shortest time between two calls for one watch. A proxy may return a response immediately although the call should
 * wait.
 */
const MIN_CALL_INTERVAL_MS = 1_000;

export interface FollowOptions {
  readonly timeoutMs: number;
  /**
   * The longest time that one call waits for the end of a watch. If the value is below 25, the client reads the
   * progress more often.
   */
  readonly maxWaitSeconds: number;
  readonly client: Pick<NotifierClient, "status">;
  readonly onStatus: (status: StatusDocument) => void;
  /**
   * The client calls this function if the service refuses to return the status of a watch. After that, the client does
   * not read the status of this watch again.
   */
  readonly onRefused: (watch: JobKey, error: ProblemError) => void;
  /** Returns the time of a clock that is never set back, in milliseconds. */
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<unknown>;
}

/** Returns how many seconds one call waits. With this wait, every running job is read about every 25 seconds. */
export function waitSecondsPerCall(running: number, maxWaitSeconds: number): number {
  const average = Math.floor((MAX_WAIT_SECONDS * MAX_PARALLEL_CALLS) / Math.max(running, MAX_PARALLEL_CALLS));
  return Math.max(1, Math.min(maxWaitSeconds, average));
}

/**
 * Reads the status of watches until all watches have ended (returns true) or `timeoutMs` is over (returns false).
 * @throws the first error other than a `ProblemError`. After this error, the client reads no further status.
 */
export async function followWatches(
  watches: readonly JobKey[],
  { timeoutMs, maxWaitSeconds, client, onStatus, onRefused, now, wait }: FollowOptions,
): Promise<boolean> {
  const deadline = now() + timeoutMs;
  const queue = [...watches];
  let running = watches.length;
  let failed = false;

  async function followNext(): Promise<void> {
    for (let watch = queue.shift(); watch !== undefined && !failed; watch = queue.shift()) {
      const calledAt = now();
      const remainingSeconds = Math.ceil((deadline - calledAt) / 1000);
      if (remainingSeconds <= 0) return;
      const seconds = Math.min(remainingSeconds, waitSecondsPerCall(running, maxWaitSeconds));
      if (await hasEnded(watch, seconds)) running -= 1;
      else {
        queue.push(watch);
        await wait(Math.max(0, calledAt + MIN_CALL_INTERVAL_MS - now()));
      }
    }
  }

  async function hasEnded(watch: JobKey, seconds: number): Promise<boolean> {
    try {
      const status = await client.status(watch, seconds);
      onStatus(status);
      return status.done;
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      onRefused(watch, error);
      return true;
    }
  }

  const followers = Array.from({ length: Math.min(MAX_PARALLEL_CALLS, watches.length) }, () =>
    followNext().catch((error: unknown) => {
      failed = true;
      throw error;
    }),
  );
  await Promise.all(followers);
  return running === 0;
}

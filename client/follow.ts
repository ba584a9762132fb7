import type { StatusDocument } from "../lib/api/status-document.ts";
import type { WatchKey } from "../lib/domain/job.ts";
import type { NotifierClient } from "./client.ts";
import { ProblemError } from "./errors.ts";

/** Calls held at once: each keeps a function of the service busy for as long as it is held. */
const ABREAST = 5;
/** The longest that the service holds a call. */
const MAX_HOLD_SECONDS = 25;
const MIN_ROUND_MS = 1_000;

export interface FollowPorts {
  readonly client: Pick<NotifierClient, "status">;
  readonly onStatus: (status: StatusDocument) => void;
  /** The service refuses to tell of this watch, which is then no longer followed. */
  readonly onRefused: (watch: WatchKey, error: ProblemError) => void;
  /** Milliseconds on any clock that only goes forward. */
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<unknown>;
}

/** How long each call is held, in whole seconds, so that every job still running is asked for about once in 25 s. */
export function holdSeconds(running: number, longest: number): number {
  return Math.max(
    1,
    Math.min(longest, Math.floor((MAX_HOLD_SECONDS * ABREAST) / Math.max(running, ABREAST))),
  );
}

/**
 * Follows watches until none is left (`true`) or the time is over (`false`), telling each status as it arrives.
 * Throws what keeps the client from asking at all; nothing is then followed any longer.
 * @param limits.longestVisibilitySeconds less than 25 where progress is to be seen more often.
 */
export async function follow(
  watches: readonly WatchKey[],
  limits: { readonly timeoutMs: number; readonly longestVisibilitySeconds: number },
  { client, onStatus, onRefused, now, wait }: FollowPorts,
): Promise<boolean> {
  const until = now() + limits.timeoutMs;
  const waiting = [...watches];
  let running = watches.length;
  let failed = false;

  async function followNext(): Promise<void> {
    for (let watch = waiting.shift(); watch !== undefined && !failed; watch = waiting.shift()) {
      const askedAt = now();
      const leftSeconds = Math.ceil((until - askedAt) / 1000);
      if (leftSeconds <= 0) return;
      const seconds = Math.min(leftSeconds, holdSeconds(running, limits.longestVisibilitySeconds));
      if ((await ask(watch, seconds)) === "over") running -= 1;
      else {
        waiting.push(watch);
        // A proxy in between may answer at once what the service would have held.
        await wait(Math.max(0, askedAt + MIN_ROUND_MS - now()));
      }
    }
  }

  async function ask(watch: WatchKey, seconds: number): Promise<"over" | "running"> {
    try {
      const status = await client.status(watch, seconds);
      onStatus(status);
      return status.done ? "over" : "running";
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      onRefused(watch, error);
      return "over";
    }
  }

  const followers = Array.from({ length: Math.min(ABREAST, watches.length) }, () =>
    followNext().catch((error: unknown) => {
      failed = true;
      throw error;
    }),
  );
  await Promise.all(followers);
  return running === 0;
}

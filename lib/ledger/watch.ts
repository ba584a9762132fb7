import type { AccessError, Instant, LastPollError, WatchKey, WatchState } from "../domain/job.ts";

/** The small item that every poll reads and writes (under 1 kB: what a write costs follows from its size). */
export interface Watch extends WatchKey {
  readonly state: WatchState;
  /** How often it was taken up again after a stop, or after an end that told nothing of the job. */
  readonly generation: number;
  /** Number of the latest poll that was claimed; 0 before the first. */
  readonly poll: number;
  /** Number of the latest poll of the previous generation. 0 in the first generation. */
  readonly previousPolls: number;
  /** Polls of this generation that sent no query, because the rate limit postponed the query. */
  readonly rateLimitedPolls: number;
  /** That poll has passed its successor on. True at poll 0. */
  readonly pollDone: boolean;
  readonly acceptedAt: Instant;
  readonly deadlineAt: Instant;
  readonly concludedAt: Instant | null;
  /** When the next poll should happen; null once the watch is over. */
  readonly nextPollAt: Instant | null;
  /** Names of the targets to tell, sorted. */
  readonly targets: readonly string[];
  readonly digestId: string | null;
  /** This and the two names after it as the cloud spells them, each cut where it is longer than a name is. */
  readonly phase: string | null;
  readonly jobType: string | null;
  readonly resourceName: string | null;
  readonly accessError: AccessError | null;
  readonly lastPollError: LastPollError | null;
  /** Polls in a row that brought no job: the exponent of the back-off. */
  readonly consecutiveFailures: number;
  /** When the latest polls happened, oldest first, at most `POLL_HISTORY`. */
  readonly polledAt: readonly Instant[];
}

export const POLL_HISTORY = 60;

/** Returns how many polls this generation has made. A poll that is under way counts. */
export function pollsMade(watch: Pick<Watch, "poll" | "previousPolls" | "rateLimitedPolls">): number {
  return watch.poll - watch.previousPolls - watch.rateLimitedPolls;
}

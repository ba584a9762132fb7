import type { AccessError, Instant, LastPollError, WatchKey, WatchState } from "../domain/job.ts";

/** The small item that every poll reads and writes (under 1 kB: what a write costs follows from its size). */
export interface Watch extends WatchKey {
  readonly state: WatchState;
  /** How often it was taken up again after a stop, or after an end that told nothing of the job. */
  readonly generation: number;
  /** Number of the latest poll that was claimed; 0 before the first. */
  readonly poll: number;
  /** Numbers of polls that were no poll of this acceptance: made before a stop, or spent on waiting for a turn. */
  readonly uncounted: number;
  /** The number of the latest poll when this generation began: 0 for the first. */
  readonly pollAtStart: number;
  /** That poll has passed its successor on. True at poll 0. */
  readonly done: boolean;
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
  readonly misses: number;
  /** When the latest polls happened, oldest first, at most `POLL_HISTORY`. */
  readonly polledAt: readonly Instant[];
}

export const POLL_HISTORY = 60;

/** How many polls have been made since the watch was accepted, the one under way included. */
export function pollsMade({ poll, uncounted }: Pick<Watch, "poll" | "uncounted">): number {
  return poll - uncounted;
}

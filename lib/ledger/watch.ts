import type { Instant, Outcome, Silence, Trouble, WatchKey } from "../job.ts";

export type WatchState = "watching" | "stopped" | Outcome;

/** The small item that every look reads and writes (under 1 kB: what a write costs follows from its size). */
export interface Watch extends WatchKey {
  readonly state: WatchState;
  /** How often it was taken up again after a stop, or after an end that told nothing of the job. */
  readonly life: number;
  /** Number of the latest look that was claimed; 0 before the first. */
  readonly look: number;
  /** Numbers of looks that were no look of this acceptance: made before a stop, or spent on waiting for a turn. */
  readonly uncounted: number;
  /** The number of the latest look when this life began: 0 for the first. */
  readonly lookAtStart: number;
  /** That look has passed its successor on. True at look 0. */
  readonly done: boolean;
  readonly acceptedAt: Instant;
  readonly deadlineAt: Instant;
  readonly concludedAt: Instant | null;
  /** When the next look should happen; null once the watch is over. */
  readonly nextLookAt: Instant | null;
  /** Names of the targets to tell, sorted. */
  readonly targets: readonly string[];
  readonly digestId: string | null;
  /** This and the two names after it as the cloud spells them, each cut where it is longer than a name is. */
  readonly phase: string | null;
  readonly jobType: string | null;
  readonly resourceName: string | null;
  readonly trouble: Trouble | null;
  readonly silence: Silence | null;
  /** Looks in a row that brought no job: the exponent of the back-off. */
  readonly misses: number;
  /** When the latest looks happened, oldest first, at most `LOOK_HISTORY`. */
  readonly lookedAt: readonly Instant[];
}

export const LOOK_HISTORY = 60;

/** How many looks have been made since the watch was accepted, the one under way included. */
export function looksMade({ look, uncounted }: Pick<Watch, "look" | "uncounted">): number {
  return look - uncounted;
}

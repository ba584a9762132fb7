import type { WatchState } from "./job.ts";

/** Every job that a poll saw has a type or a phase. */
export function wasSeen(known: { readonly type: string | null; readonly phase: string | null }): boolean {
  return known.type !== null || known.phase !== null;
}

/**
 * What the state means for somebody who has never heard of this notifier; null where the word says it all. It holds
 * for every reason that a watch may end for, as the reason itself stands beside it.
 */
export function meaningOf(state: WatchState, seen: boolean): string | null {
  switch (state) {
    case "watching":
    case "succeeded":
    case "failed":
      return null;
    case "timed_out":
      return seen
        ? "The watch ended before any poll saw the job end. It may still be running in the cloud."
        : "It is not known how the job ended: no poll ever saw it.";
    case "lost":
      return seen
        ? "It is not known how the job ended: later polls could no longer see it."
        : "It is not known how the job ended: no poll ever saw it.";
    case "stopped":
      return "Somebody stopped this watch. The job itself may still be running in the cloud.";
    default:
      return state satisfies never;
  }
}

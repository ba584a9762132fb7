import type { Outcome } from "../../job.ts";

export type PageState = "watching" | "stopped" | Outcome;

export const FACE_NAMES = [
  "running",
  "succeeded",
  "failed",
  "timed_out",
  "lost",
  "stopped",
  "waiting",
] as const;

/** How a state looks and what it is called. `name` is the icon's and the colour's. */
export interface Face {
  readonly name: (typeof FACE_NAMES)[number];
  readonly word: string;
  /** For the tab's title, where no icon can stand. */
  readonly sign: string;
}

/** @param seen whether a look ever saw the job: until one has, nobody knows that it runs. */
export function faceOf(state: PageState, seen: boolean): Face {
  switch (state) {
    case "watching":
      return seen
        ? { name: "running", word: "Running", sign: "●" }
        : { name: "waiting", word: "Waiting for the cloud", sign: "○" };
    case "succeeded":
      return { name: "succeeded", word: "Succeeded", sign: "✓" };
    case "failed":
      return { name: "failed", word: "Failed", sign: "✕" };
    case "timed_out":
      return { name: "timed_out", word: "Timed out", sign: "◷" };
    case "lost":
      return { name: "lost", word: "Lost", sign: "?" };
    case "stopped":
      return { name: "stopped", word: "Not watched", sign: "■" };
    default:
      return state satisfies never;
  }
}

/** Every job that a look saw has a type or a phase. */
export function wasSeen(known: { readonly type: string | null; readonly phase: string | null }): boolean {
  return known.type !== null || known.phase !== null;
}

/**
 * What the state means for somebody who has never heard of this notifier; null where the word says it all. It holds
 * for every reason that a watch may end for, as the reason itself stands beside it.
 */
export function meaningOf(state: PageState, seen: boolean): string | null {
  switch (state) {
    case "watching":
    case "succeeded":
    case "failed":
      return null;
    case "timed_out":
      return seen
        ? "The watch ended before any look saw the job end. It may still be running in the cloud."
        : "It is not known how the job ended: no look ever saw it.";
    case "lost":
      return seen
        ? "It is not known how the job ended: later looks could no longer see it."
        : "It is not known how the job ended: no look ever saw it.";
    case "stopped":
      return "Somebody stopped this watch. The job itself may still be running in the cloud.";
    default:
      return state satisfies never;
  }
}

import type { WatchState } from "../domain/job.ts";

export const FACE_NAMES = [
  "running",
  "succeeded",
  "failed",
  "timed_out",
  "lost",
  "stopped",
  "waiting",
] as const;

/** How a state polls and what it is called. `name` is the icon's and the colour's. */
export interface Face {
  readonly name: (typeof FACE_NAMES)[number];
  readonly word: string;
  /** For the tab's title, where no icon can stand. */
  readonly sign: string;
}

/** @param seen whether a poll ever saw the job: until one has, nobody knows that it runs. */
export function faceOf(state: WatchState, seen: boolean): Face {
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

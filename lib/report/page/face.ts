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

export function faceOf(state: PageState): Face {
  switch (state) {
    case "watching":
      return { name: "running", word: "Running", sign: "●" };
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

/** What the state means for somebody who has never heard of this notifier; null where the word says it all. */
export function meaningOf(state: PageState): string | null {
  switch (state) {
    case "watching":
    case "succeeded":
    case "failed":
      return null;
    case "timed_out":
      return "The job had not ended when the deadline of its watch passed. It may still be running in the cloud.";
    case "lost":
      return "The cloud stopped answering for this job, so how it ended is not known.";
    case "stopped":
      return "Somebody stopped this watch. The job itself may still be running in the cloud.";
    default:
      return state satisfies never;
  }
}

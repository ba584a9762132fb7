import type { WatchState } from "../domain/job.ts";
import type { IconName } from "./icon.ts";

export interface StatePresentation {
  readonly icon: IconName;
  readonly text: string;
  /** For the title of the tab, where no icon is possible. */
  readonly sign: string;
}

/** How a page shows the state of a watch. Until a poll has seen the job, nobody knows that the job runs. */
export function presentState(state: WatchState, wasSeen: boolean): StatePresentation {
  switch (state) {
    case "watching":
      return wasSeen
        ? { icon: "running", text: "Running", sign: "●" }
        : { icon: "waiting", text: "Waiting for the cloud", sign: "○" };
    case "succeeded":
      return { icon: "succeeded", text: "Succeeded", sign: "✓" };
    case "failed":
      return { icon: "failed", text: "Failed", sign: "✕" };
    case "timed_out":
      return { icon: "timed_out", text: "Timed out", sign: "◷" };
    case "lost":
      return { icon: "lost", text: "Lost", sign: "?" };
    case "stopped":
      return { icon: "stopped", text: "Not watched", sign: "■" };
    default:
      return state satisfies never;
  }
}

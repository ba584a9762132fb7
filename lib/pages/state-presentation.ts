import type { WatchState } from "../domain/job.ts";
import type { Ready } from "../domain/ready.ts";
import type { IconName } from "./icon.ts";

export interface StatePresentation {
  readonly icon: IconName;
  readonly text: string;
  /**
   * The character that shows the state in the title of the browser tab, because the title of a browser tab cannot
   * contain an icon.
   */
  readonly sign: string;
}

const PRESENTATIONS: Readonly<Record<WatchState, StatePresentation>> = {
  watching: { icon: "running", text: "Running", sign: "●" },
  succeeded: { icon: "succeeded", text: "Succeeded", sign: "✓" },
  failed: { icon: "failed", text: "Failed", sign: "✕" },
  not_ready: { icon: "failed", text: "Succeeded, but not ready", sign: "✕" },
  timed_out: { icon: "timed_out", text: "Timed out", sign: "◷" },
  lost: { icon: "lost", text: "Lost", sign: "?" },
  stopped: { icon: "stopped", text: "Stopped", sign: "■" },
};
const UNOBSERVED: StatePresentation = { icon: "waiting", text: "Waiting for the cloud", sign: "○" };

const WAITS_UNTIL_READY: StatePresentation = {
  icon: "running",
  text: "Succeeded, waiting until ready",
  sign: "●",
};

/**
 * Returns the icon, the text and the character with which a page shows the state of a watch.
 * Until a poll has found the job in CCE, the page does not show the job as running.
 */
export function presentState(state: WatchState, wasObserved: boolean, ready?: Ready): StatePresentation {
  if (ready?.state === "pending") return WAITS_UNTIL_READY;
  return state === "watching" && !wasObserved ? UNOBSERVED : PRESENTATIONS[state];
}

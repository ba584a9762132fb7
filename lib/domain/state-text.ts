import type { WatchState } from "./job.ts";
import type { Ready } from "./ready.ts";

/** The words for people for the state of a watch. Pages, chats and the command use the same words. */
export const STATE_TEXTS: Readonly<Record<WatchState, string>> = {
  watching: "Running",
  succeeded: "Succeeded",
  failed: "Failed",
  not_ready: "Not ready",
  timed_out: "Timed out",
  lost: "Lost",
  stopped: "Stopped",
};

/**
 * Returns the state of a watch in words. Until a poll has found the job in CCE, the job is not called running.
 * @param ready the progress of a watch with `until: "ready"` after the success of its job
 */
export function describeState(state: WatchState, wasObserved: boolean, ready?: Pick<Ready, "state">): string {
  if (ready?.state === "pending") return "Succeeded, waiting until ready";
  return state === "watching" && !wasObserved ? "Waiting for the cloud" : STATE_TEXTS[state];
}

/** Returns a text with its first letter in lower case, for use inside a line. */
export function lowerCaseFirstLetter(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

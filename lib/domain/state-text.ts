import type { WatchState } from "./job.ts";
import type { Ready } from "./ready.ts";

/** The name of each watch state for people. Pages, chats and the command `cce-notifier` use the same names. */
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
 * Returns a watch state as text for people. Before a poll has found the job, the text does not say that the job is
 * running.
 * @param ready the state of the resource, for a watch with `until: "ready"` whose job has succeeded
 */
export function describeState(state: WatchState, wasObserved: boolean, ready?: Pick<Ready, "state">): string {
  if (ready?.state === "pending") return "Succeeded, waiting until ready";
  return state === "watching" && !wasObserved ? "Waiting for the cloud" : STATE_TEXTS[state];
}

/** Returns true if the reason of the watch explains this state. A failed job is explained by its causes. */
export function isExplainedByReasonNotCauses(state: WatchState): boolean {
  return state === "not_ready" || state === "timed_out" || state === "lost";
}

/** Returns a text with its first letter in lower case, for use inside a sentence. */
export function lowerCaseFirstLetter(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

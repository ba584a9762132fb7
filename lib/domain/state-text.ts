import type { WatchState } from "./job.ts";
import type { Ready } from "./ready.ts";

/**
 * The English name of each watch state, for example `Running`. Pages, chats and the command `cce-notifier` use the same
 * names of states.
 */
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
 * Returns the English name of a watch state. A running watch whose job no poll has found yet has the name `Waiting for
 * the cloud`.
 * @param ready the state of the resource, for a watch with `until: "ready"` whose job has succeeded
 */
export function describeState(state: WatchState, wasObserved: boolean, ready?: Pick<Ready, "state">): string {
  if (ready?.state === "pending") return "Succeeded, waiting until ready";
  return state === "watching" && !wasObserved ? "Waiting for the cloud" : STATE_TEXTS[state];
}

/**
 * Returns true for a state that the field `reason` explains to the reader. A failed job has causes instead of a reason.
 */
export function isExplainedByReasonNotCauses(state: WatchState): boolean {
  return state === "not_ready" || state === "timed_out" || state === "lost";
}

/** Changes the first letter of a text to lower case, because the text becomes a part of a sentence. */
export function lowerCaseFirstLetter(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

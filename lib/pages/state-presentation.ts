import type { WatchState } from "../domain/job.ts";
import type { Ready } from "../domain/ready.ts";
import { describeState } from "../domain/state-text.ts";
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

type Signs = Pick<StatePresentation, "icon" | "sign">;

const SIGNS: Readonly<Record<WatchState, Signs>> = {
  watching: { icon: "running", sign: "●" },
  succeeded: { icon: "succeeded", sign: "✓" },
  failed: { icon: "failed", sign: "✕" },
  not_ready: { icon: "failed", sign: "✕" },
  timed_out: { icon: "timed_out", sign: "◷" },
  lost: { icon: "lost", sign: "?" },
  stopped: { icon: "stopped", sign: "■" },
};
const UNOBSERVED: Signs = { icon: "waiting", sign: "○" };

/** Returns the icon, the text and the character with which a page shows the state of a watch. */
export function presentState(state: WatchState, wasObserved: boolean, ready?: Ready): StatePresentation {
  const isUnobserved = state === "watching" && !wasObserved && ready?.state !== "pending";
  return { ...(isUnobserved ? UNOBSERVED : SIGNS[state]), text: describeState(state, wasObserved, ready) };
}

import { isCallbackName } from "../channels/webhook/target.ts";

/** The largest numbers of callbacks and of other targets of one watch. 0 means no limit. */
export interface WatchLimits {
  readonly callbacksPerWatch: number;
  readonly targetsPerWatch: number;
}

export const NO_LIMITS: WatchLimits = { callbacksPerWatch: 0, targetsPerWatch: 0 };

/**
 * Returns the limit that the targets of a watch exceed when a call adds targets. Returns null if no limit is exceeded. A
 * call that adds no target of a kind never exceeds the limit of this kind.
 * @param targets the targets of the watch before the call
 */
export function findExceededLimit(
  targets: readonly string[],
  added: readonly string[],
  limits: WatchLimits = NO_LIMITS,
): keyof WatchLimits | null {
  const exceeds = (limit: number, isOfKind: (name: string) => boolean): boolean => {
    const more = added.filter(isOfKind).length;
    return limit > 0 && more > 0 && targets.filter(isOfKind).length + more > limit;
  };
  if (exceeds(limits.callbacksPerWatch, isCallbackName)) return "callbacksPerWatch";
  return exceeds(limits.targetsPerWatch, (name) => !isCallbackName(name)) ? "targetsPerWatch" : null;
}

import { log } from "./log.ts";
import { meter } from "./metrics.ts";

/**
 * An act is a change that affects others, such as the stop of a watch. The log line of an act always has all these
 * fields.
 */
export interface Act {
  readonly act:
    | "stop"
    | "redeliver"
    | "test"
    | "target_on"
    | "target_off"
    | "config_put"
    | "config_remove"
    | "token_put"
    | "token_remove";
  /** The caller, `service`, or the operator who changed the config. */
  readonly who: string;
  /** The IP address of the caller. `from` is null if `who` is `service`. */
  readonly from: string | null;
  readonly project: string | null;
  readonly jobId: string | null;
  /** The owner of the watch. `owner` is null if the act is not about a watch. */
  readonly owner: string | null;
  /**
   * The trace context of the watch. `traceparent` is null without a watch or a trace context, and if the watch could
   * not be read after its stop.
   */
  readonly traceparent: string | null;
  readonly targets: readonly string[];
  /**
   * The changed entry of the config, such as `tokens/ci`. For an act that does not change the config, `entry` is
   * absent.
   */
  readonly entry?: string;
}

export const NO_WATCH = { project: null, jobId: null, owner: null, traceparent: null } as const;

export function createConfigAct(
  entry: string,
  { isRemoval, who, from }: Pick<Act, "who" | "from"> & { readonly isRemoval: boolean },
): Act {
  const kind = entry.startsWith("tokens/") ? "token" : "config";
  return { ...NO_WATCH, act: `${kind}_${isRemoval ? "remove" : "put"}`, who, from, targets: [], entry };
}

/** The text for an absent value, because the log omits null and empty fields. */
const NONE = "-";

/**
 * Writes the log line `act`, and counts a stopped watch in the metric `Stopped`. The time of the log line is the time
 * of the act.
 */
export function logActAndCountIfStop(made: Act): void {
  const { act, who, from, project, jobId, owner, traceparent, targets, entry } = made;
  log.info("act", {
    act,
    who,
    from: from ?? NONE,
    project: project ?? NONE,
    jobId: jobId ?? NONE,
    owner: owner ?? NONE,
    traceparent: traceparent ?? NONE,
    targets,
    entry: entry ?? NONE,
  });
  if (act === "stop") meter.add("Stopped", 1);
}

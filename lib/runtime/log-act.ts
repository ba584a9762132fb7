import { log } from "./log.ts";
import { meter } from "./metrics.ts";

/**
 * An act is a change that other users must be able to find in the log, such as the stop of a watch. Every log line
 * about an act contains all fields of `Act`.
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
  /** The IP address of the caller. If the service itself made the change, `from` is null. */
  readonly from: string | null;
  readonly project: string | null;
  readonly jobId: string | null;
  /** The name of the caller to whom the watch belongs. If the change does not concern a watch, `owner` is null. */
  readonly owner: string | null;
  /**
   * The trace context of the watch. If the watch has no trace context, or the service could not read the watch,
   * `traceparent` is null.
   */
  readonly traceparent: string | null;
  readonly targets: readonly string[];
  /**
   * The config entry that an operator changed, such as `tokens/ci`. If no entry of the config changed, `entry` is
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

/** The text for an absent value in a log line. The log omits null and empty fields. */
const NONE = "-";

/**
 * Writes a log line about an act (a change that other users must be able to find in the log). The log line has no
 * separate field for the time of the act. If the act is the stop of a watch, the metric `Stopped` counts it.
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

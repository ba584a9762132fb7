import { log } from "./log.ts";
import { meter } from "./metrics.ts";

/**
 * An act is an action that changes something for other people, such as the stop of a watch. The log line of an act
 * always has all fields of `Act`.
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
  /** The name of the caller, `service` if the service itself acts, or the operator who changed the config. */
  readonly who: string;
  /** The IP address of the caller. `from` is null if the service itself acts. */
  readonly from: string | null;
  readonly project: string | null;
  readonly jobId: string | null;
  /** The caller to whom the watch belongs. `owner` is null if the act is not about a watch. */
  readonly owner: string | null;
  /**
   * The W3C trace context of the watch. `traceparent` is null if the act is not about a watch, or if the watch has no
   * trace context. `traceparent` is also null if the ledger could not be read after the stop of the watch.
   */
  readonly traceparent: string | null;
  readonly targets: readonly string[];
  /**
   * The entry of the config that an operator stored or removed, such as `tokens/ci`. `entry` is missing if the act is
   * not about the config.
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

/** The value of a field that does not apply to an act. The log would omit a field whose value is null or empty. */
const NONE = "-";

/**
 * Writes the log line `act`, and counts each stopped watch in the metric `Stopped`. The time of the act is the time of
 * the log line.
 */
export function logActAndCountStop(made: Act): void {
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

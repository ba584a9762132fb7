import { log } from "./log.ts";
import { meter } from "./metrics.ts";

/** An act that changes something for others. The log line of an act always has all these fields. */
export interface Act {
  readonly act: "stop" | "redeliver" | "test" | "target_on" | "target_off";
  /** The name of the caller, or `service` if the service itself acts. */
  readonly who: string;
  /** The IP address of the caller. Is null if the service itself acts. */
  readonly from: string | null;
  readonly project: string | null;
  readonly jobId: string | null;
  /** The caller to whom the watch belongs. Is null if the act is not about a watch. */
  readonly owner: string | null;
  readonly targets: readonly string[];
}

/** The fields of an act that is not about a watch. */
export const NO_WATCH = { project: null, jobId: null, owner: null } as const;

/** The value of a field that does not apply. The log would omit a field that is null or empty. */
const NONE = "-";

/**
 * Writes the log line `act`, and counts each stopped watch in the metric `Stopped`. The time of the act is the time of
 * the log line.
 */
export function logAct({ act, who, from, project, jobId, owner, targets }: Act): void {
  log.info("act", {
    act,
    who,
    from: from ?? NONE,
    project: project ?? NONE,
    jobId: jobId ?? NONE,
    owner: owner ?? NONE,
    targets,
  });
  if (act === "stop") meter.add("Stopped", 1);
}

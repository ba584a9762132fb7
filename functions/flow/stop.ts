import type { ApiResponse } from "../../lib/api/http.ts";
import type { Refusal } from "../../lib/api/problem.ts";
import { notFound } from "../../lib/api/refusals.ts";
import type { Instant, WatchKey } from "../../lib/job.ts";
import type { WatchLedger } from "../../lib/ledger/ledger.ts";
import type { Settings } from "../../lib/settings.ts";

const DAY_MS = 86_400_000;

export interface StopPorts {
  readonly ledger: Pick<WatchLedger, "stop">;
  readonly settings: Settings;
  readonly now: Instant;
  readonly onStopped: (key: WatchKey) => void;
}

/** `DELETE /v1/jobs/{project}/{jobId}`: nobody will be told. A watch that is over already stays what it is. */
export async function stopWatch(
  key: WatchKey,
  { ledger, settings, now, onStopped }: StopPorts,
): Promise<ApiResponse | Refusal> {
  const stopped = await ledger.stop(key, now, now + settings.retentionDays * DAY_MS);
  switch (stopped) {
    case "missing":
      return notFound("watch");
    case "stopped":
      onStopped(key);
      return { status: 204 };
    case "over":
      return { status: 204 };
    default:
      return stopped satisfies never;
  }
}

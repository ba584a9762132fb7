import type { ApiResponse } from "../../lib/api/http.ts";
import type { Refusal } from "../../lib/api/problem.ts";
import { noSuchWatch, unavailable } from "../../lib/api/refusals.ts";
import { keptUntil } from "../../lib/config/retention.ts";
import type { Settings } from "../../lib/config/settings.ts";
import type { Instant, WatchKey } from "../../lib/domain/job.ts";
import type { DigestLedger } from "../../lib/ledger/digest-ledger.ts";
import type { WatchLedger } from "../../lib/ledger/watch-ledger.ts";
import { type Queue, SendFailedError } from "../../lib/queue/queue.ts";
import { finishDigestMember } from "../shared/finish-digest-member.ts";

export interface StopPorts {
  readonly ledger: Pick<WatchLedger, "stopWatch" | "readWatch"> &
    Pick<DigestLedger, "removeRunningMember" | "readDigest">;
  readonly notifyQueue: Pick<Queue, "send">;
  readonly settings: Settings;
  readonly now: Instant;
  /** Told of a watch that this call has stopped. */
  readonly onStopped: () => void;
}

/**
 * `DELETE /v1/jobs/{project}/{jobId}`: nobody will be told. A watch that is over already stays what it is;
 * where that told nothing of the job, the next call that hands it over takes it up anew. The
 * digest it was part of no longer waits for it; asked again, the call makes up for a digest it could not send.
 */
export async function stopWatch(key: WatchKey, ports: StopPorts): Promise<ApiResponse | Refusal> {
  const { ledger, notifyQueue, settings, now, onStopped } = ports;
  const stopped = await ledger.stopWatch(key, now, keptUntil(now, settings));
  if (stopped === "missing") return noSuchWatch(key);
  if (stopped === "stopped") onStopped();
  const watch = (await ledger.readWatch(key))?.watch;
  if (watch?.state !== "stopped") return { status: 204 };
  try {
    await finishDigestMember(watch.digestId, key, { ledger, notifyQueue });
  } catch (error) {
    if (error instanceof SendFailedError)
      return unavailable("The watch is stopped, but its digest could not be sent; asking again is harmless.");
    throw error;
  }
  return { status: 204 };
}

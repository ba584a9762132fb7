import type { ApiRequest, ApiResponse } from "../../lib/api/http-message.ts";
import { type ProblemResponse, unavailable, watchNotFound } from "../../lib/api/problem.ts";
import { rejectQueryAndBody } from "../../lib/api/request-body.ts";
import type { Caller } from "../../lib/auth/caller.ts";
import { computeLedgerExpiryTime } from "../../lib/config/retention.ts";
import type { WatchKey } from "../../lib/domain/job.ts";
import { SendFailedError } from "../../lib/queue/queue.ts";
import { log } from "../../lib/runtime/log.ts";
import { meter } from "../../lib/runtime/metrics.ts";
import { sendDigestAfterLastMember } from "../shared/send-digest-after-last-member.ts";
import type { ApiPorts } from "./api-ports.ts";

/**
 * Handles `DELETE /v1/jobs/{project}/{jobId}`: stops a watch without a notification. An ended watch keeps its state.
 * After this request, a caller can restart a watch that ended as `timed_out` or `lost`. A digest message (one message
 * about several jobs) no longer waits for the stopped watch. If a request could not send the digest message, a repeated
 * request sends the digest message.
 */
export async function stopWatch(
  key: WatchKey,
  request: ApiRequest,
  { ledger, notifyQueue, configs, now, onStopped = logStopped }: ApiPorts,
  caller: Caller,
): Promise<ApiResponse | ProblemResponse> {
  const problem = rejectQueryAndBody(request);
  if (problem !== null) return problem;
  const { settings } = await configs.current();
  const result = await ledger.stopWatch(key, now(), computeLedgerExpiryTime(now(), settings));
  if (result === "missing") return watchNotFound(key);
  if (result === "stopped") onStopped(key, caller.name);
  const watch = (await ledger.readWatch(key))?.watch;
  if (watch?.state !== "stopped") return { status: 204 };
  try {
    await sendDigestAfterLastMember(watch.digestId, key, { ledger, notifyQueue });
  } catch (error) {
    if (!(error instanceof SendFailedError)) throw error;
    return unavailable("The watch is stopped, but its digest was not sent. Send the request again.");
  }
  return { status: 204 };
}

/** Logs a stopped watch and counts the watch in the metric `Stopped`. */
export function logStopped(key: WatchKey, caller: string): void {
  log.info("stop", { caller, ...key });
  meter.add("Stopped", 1);
}

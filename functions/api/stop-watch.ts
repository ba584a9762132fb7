import type { ApiRequest, ApiResponse } from "../../lib/api/http-message.ts";
import {
  forbidden,
  missingRightError,
  type ProblemResponse,
  unavailable,
  watchNotFound,
} from "../../lib/api/problem-response.ts";
import { rejectUnexpectedQueryOrBody } from "../../lib/api/request-body.ts";
import { invalidRequest } from "../../lib/api/request-errors.ts";
import { type Caller, mayUse } from "../../lib/auth/caller-rights.ts";
import { computeExpiryAsLaterOfRetentionAndRetries } from "../../lib/config/retention.ts";
import type { WatchKey } from "../../lib/domain/job.ts";
import type { Watch } from "../../lib/ledger/watch.ts";
import { SendFailedError } from "../../lib/queue/queue.ts";
import { logActAndCountIfStop } from "../../lib/runtime/log-act.ts";
import { removeDigestMemberAndSendIfLast } from "../shared/targets-to-notify-and-digests.ts";
import type { ApiPorts } from "./api-ports.ts";

/**
 * Handles `DELETE /v1/jobs/{project}/{jobId}`: stops the caller's own watch without a notification. With `?all=true`,
 * the request stops all watches of the job. A watch that has already ended keeps its state. If the watch ended as
 * `timed_out` or `lost`, a caller can restart it later.
 */
export async function stopOwnOrAllWatches(
  key: WatchKey,
  request: ApiRequest,
  ports: ApiPorts,
  caller: Caller,
): Promise<ApiResponse | ProblemResponse> {
  const problem = rejectUnexpectedQueryOrBody(request, ["all"]);
  if (problem !== null) return problem;
  const all = request.query.get("all");
  if (all === null) return stopOne(key, ports, caller, request);
  if (all !== "true") return invalidRequest([{ parameter: "all", detail: "must be 'true'" }]);
  if (!mayStopAll(caller, key.project))
    return forbidden("stop", [missingRightError("stop", "target", "*", { parameter: "all" })]);
  const watches = await ports.ledger.listJobWatchesNewestFirst(key);
  if (watches.length === 0) return watchNotFound(key);
  let answer: ApiResponse | ProblemResponse = { status: 204 };
  for (const watch of watches) {
    const stopped = await stopOne(watch, ports, caller, request);
    // If the ledger has deleted an old watch since the list was read, nothing must be stopped.
    if ("kind" in stopped && stopped.problem.status !== 404) answer = stopped;
  }
  return answer;
}

/** Returns true if one entry of the caller's rights contains `stop`, the project and the target `*`. */
function mayStopAll({ rights }: Caller, project: string): boolean {
  return rights.some(
    (entry) =>
      entry.targets.includes("*") && mayUse({ name: "", rights: [entry] }, { operation: "stop", project }),
  );
}

/**
 * Stops one watch. A digest (one message about several jobs) no longer waits for a stopped watch. If the service could
 * not send the digest, the caller can repeat the request to send the digest.
 */
async function stopOne(
  { project, jobId, caller: owner }: WatchKey,
  { ledger, notifyQueue, configs, now, onAct = logActAndCountIfStop }: ApiPorts,
  caller: Caller,
  { sourceIp }: ApiRequest,
): Promise<ApiResponse | ProblemResponse> {
  const key = { project, jobId, caller: owner };
  const { settings } = await configs.current();
  const result = await ledger.stopWatch(
    key,
    now(),
    computeExpiryAsLaterOfRetentionAndRetries(now(), settings),
  );
  if (result === "missing") return watchNotFound(key);
  let watch: Watch | undefined;
  try {
    watch = (await ledger.readWatchDocumentOrNull(key))?.watch;
  } finally {
    // The function logs the stop even if it could not read the watch.
    if (result === "stopped") {
      const traceparent = watch?.traceparent ?? null;
      // With `?all=true`, the watch may belong to another caller.
      onAct({
        act: "stop",
        who: caller.name,
        from: sourceIp,
        project,
        jobId,
        owner,
        traceparent,
        targets: [],
      });
    }
  }
  if (watch?.state !== "stopped") return { status: 204 };
  try {
    await removeDigestMemberAndSendIfLast(watch, { ledger, notifyQueue });
  } catch (error) {
    if (!(error instanceof SendFailedError)) throw error;
    return unavailable("The watch is stopped, but its digest was not sent. Send the request again.");
  }
  return { status: 204 };
}

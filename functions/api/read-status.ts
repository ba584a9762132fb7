import {
  type ApiRequest,
  type ApiResponse,
  jsonResponse,
  withEtagOrNotModified,
} from "../../lib/api/http-message.ts";
import { type ProblemResponse, watchNotFound } from "../../lib/api/problem-response.ts";
import { readWaitSeconds } from "../../lib/api/watch-path-and-wait-parameters.ts";
import type { Caller } from "../../lib/auth/caller-rights.ts";
import type { Instant, WatchKey } from "../../lib/domain/job.ts";
import type { Watch, WatchDocument } from "../../lib/ledger/watch.ts";
import type { WatchDelivery } from "../../lib/ledger/watch-deliveries-and-overdue-times.ts";
import type { WatchProgress } from "../../lib/ledger/watch-ledger.ts";
import { computeExpectedDuration, type Expected } from "../../lib/schedule/expected-duration.ts";
import { plausibleJobAgeSeconds } from "../../lib/schedule/job-age.ts";
import {
  createDigestNotificationKey,
  listDigestTargetsOfWatch,
} from "../shared/targets-to-notify-and-digests.ts";
import type { ApiPorts, RequestPorts } from "./api-ports.ts";
import { readOwnOrNewestWatch, redactWatchForCaller } from "./own-or-newest-watch.ts";
import { createTruncatedStatusResponse } from "./status-response.ts";

/** The interval between two reads of the ledger while a call waits. */
const REREAD_MS = 1_000;
/** The time that a waiting call needs for its last read and its response. */
const RESPONSE_MS = 2_000;

/**
 * The maximum number of seconds in the header `retry-after`. A caller who polls the API sees within three minutes that
 * a watch was stopped.
 */
const MAX_RETRY_AFTER_SECONDS = 180;
/** The minimum number of seconds in `retry-after` if too many calls are waiting. */
const TOO_MANY_RETRY_SECONDS = 2;

/**
 * Creates the response to `GET /v1/jobs/{project}/{jobId}`. The response shows the caller's own watch, or the visible
 * part of the newest watch. With the query parameter `wait`, the function responds when the watch ends, but at the
 * latest after `wait` seconds. If no poll is planned within the `wait` seconds, the function responds at once. The
 * header `retry-after` states when the caller should ask again.
 */
export async function readStatusOrWaitForEnd(
  key: WatchKey,
  request: ApiRequest,
  ports: RequestPorts,
  caller: Caller,
): Promise<ApiResponse | ProblemResponse> {
  const wait = readWaitSeconds(request.query);
  if (wait.kind === "problem") return wait;
  const first = await readOwnOrNewestWatch(key, ports.ledger);
  if (first === null) return watchNotFound(key);
  const waited = await waitForEnd(first.watch, caller.name, wait.seconds, ports);
  const document = (waited === "over" ? await readOwnOrNewestWatch(key, ports.ledger) : null) ?? first;
  const headers: Record<string, string> = { vary: "authorization" };
  if (document.watch.state === "watching")
    headers["retry-after"] = String(retryAfterSeconds(document, waited, ports.now()));
  const shown = redactWatchForCaller(await replaceDeliveriesByThoseOfDigest(document, ports.ledger), caller);
  const config = await ports.configs.current();
  const expected = await readExpectedDurationIfRunning(document, ports);
  const response = createTruncatedStatusResponse(shown, config, expected, (status) =>
    jsonResponse(200, status, headers),
  );
  return withEtagOrNotModified(response, request);
}

/** The maximum age of the durations from which the function computes the expected duration. */
const EXPECTED_MAX_AGE_MS = 60_000;

/** Returns the expected duration of a running job. If the job has ended, the result is null. */
export async function readExpectedDurationIfRunning(
  { watch, tree }: WatchDocument,
  { durations, now }: Pick<RequestPorts, "durations" | "now">,
): Promise<Expected | null> {
  if (watch.state !== "watching" || watch.ready !== null) return null;
  const ageSeconds = plausibleJobAgeSeconds(tree?.createdAt ?? null, watch.acceptedAt, now());
  return computeExpectedDuration(
    await durations(watch.project, watch.jobType, EXPECTED_MAX_AGE_MS),
    ageSeconds,
  );
}

/**
 * Returns the number of seconds for the header `retry-after`. The caller should send the next request one second after
 * the next poll of the job.
 */
function retryAfterSeconds({ watch }: WatchDocument, waited: WaitResult, now: Instant): number {
  const seconds = watch.nextPollAt === null ? 0 : Math.ceil((watch.nextPollAt - now) / 1000) + 1;
  const leastSeconds = waited === "too_many" ? TOO_MANY_RETRY_SECONDS : 1;
  return Math.min(MAX_RETRY_AFTER_SECONDS, Math.max(leastSeconds, seconds));
}

/**
 * For chats that got a digest (one message about several jobs), the function replaces the delivery record of the watch
 * by the delivery record of the digest. After a redelivery that a caller requested, the delivery record of the watch
 * stays. If the watch has no outcome, the function returns the document unchanged.
 */
export async function replaceDeliveriesByThoseOfDigest(
  document: WatchDocument,
  ledger: ApiPorts["ledger"],
): Promise<WatchDocument> {
  const { watch } = document;
  const { digestId, state } = watch;
  if (digestId === null || state === "watching" || state === "stopped") return document;
  const targets = listDigestTargetsOfWatch(await ledger.readDigest(digestId), watch);
  const deliveries = await Promise.all(
    document.deliveries.map(async (delivery): Promise<WatchDelivery> => {
      const { target, event, redelivery } = delivery;
      if (!targets.includes(target) || event === "job.slow" || redelivery > 0) return delivery;
      const digest = await ledger.readDeliveryOrPendingRecord(createDigestNotificationKey(digestId, target));
      return { ...digest, event: "jobs.digest" };
    }),
  );
  return { ...document, deliveries };
}

/**
 * `over` means that the call has waited, and must read the watch again. `not_needed` means that the call did not wait,
 * because the watch cannot end during the wait. `too_many` means that the call did not wait, because too many other
 * calls are waiting.
 */
type WaitResult = "over" | "not_needed" | "too_many";

/**
 * Waits until the watch ends, but at most `waitSeconds`. A watch can end only at a poll. If no poll is planned before
 * the end of the wait, the function returns at once. During the wait, the function reads one small ledger item every
 * second.
 * @param caller the name of the caller. Each caller may have only a limited number of waiting calls
 */
async function waitForEnd(
  watch: Watch,
  caller: string,
  waitSeconds: number,
  { ledger, now, wait, remainingMs, waitingLimits }: RequestPorts,
): Promise<WaitResult> {
  const until = now() + Math.min(waitSeconds * 1000, remainingMs() - RESPONSE_MS);
  const mayEnd = (progress: WatchProgress | null): progress is WatchProgress =>
    progress?.state === "watching" && now() < until && (progress.nextPollAt ?? 0) <= until;
  if (!mayEnd(watch)) return "not_needed";
  const call = { caller, until };
  const number = await ledger.addWaitingCallUnlessTooMany(call, now(), waitingLimits);
  if (number === null) return "too_many";
  try {
    for (let progress: WatchProgress | null = watch; mayEnd(progress); ) {
      await wait(Math.min(REREAD_MS, until - now()));
      progress = await ledger.readProgressEventuallyConsistent(watch);
    }
  } finally {
    await ledger.removeWaitingCall(number, call);
  }
  return "over";
}

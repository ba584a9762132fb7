import {
  type ApiRequest,
  type ApiResponse,
  conditionalResponse,
  jsonResponse,
} from "../../lib/api/http-message.ts";
import { type ProblemResponse, watchNotFound } from "../../lib/api/problem.ts";
import { readWaitSeconds } from "../../lib/api/watch-parameters.ts";
import type { Instant, WatchKey } from "../../lib/domain/job.ts";
import type { WatchDocument } from "../../lib/ledger/watch.ts";
import { digestNotificationKey, findDigestTargets } from "../shared/notification-targets.ts";
import type { ApiPorts, RequestPorts } from "./api-ports.ts";
import { statusResponse } from "./status-response.ts";

/** The time between two reads of the ledger while a call waits for the end of the watch. */
const REREAD_MS = 1_000;
/** The time that is reserved for the last read of the ledger and for the response. */
const RESPONSE_MS = 2_000;
const MAX_RETRY_AFTER_SECONDS = 30;

/**
 * Makes the response to `GET /v1/jobs/{project}/{jobId}`. With `?wait`, the call waits until the watch ends or the
 * waiting time is over.
 */
export async function readStatus(
  key: WatchKey,
  request: ApiRequest,
  ports: RequestPorts,
): Promise<ApiResponse | ProblemResponse> {
  const wait = readWaitSeconds(request.query);
  if (wait.kind === "problem") return wait;
  const document = await readUntilEnded(key, wait.seconds, ports);
  if (document === null) return watchNotFound(key);
  const headers: Record<string, string> = { vary: "authorization" };
  if (document.watch.state === "watching")
    headers["retry-after"] = String(retryAfterSeconds(document, ports.now()));
  const shown = await replaceDigestDeliveries(document, ports.ledger);
  const config = await ports.configs.current();
  const response = statusResponse(shown, config, (status) => jsonResponse(200, status, headers));
  return conditionalResponse(response, request);
}

async function readUntilEnded(
  key: WatchKey,
  waitSeconds: number,
  { ledger, now, wait, remainingMs }: RequestPorts,
): Promise<WatchDocument | null> {
  const until = now() + Math.min(waitSeconds * 1000, remainingMs() - RESPONSE_MS);
  let document = await ledger.readWatch(key);
  for (;;) {
    const restMs = until - now();
    if (document?.watch.state !== "watching" || restMs <= 0) return document;
    await wait(Math.min(REREAD_MS, restMs));
    document = await ledger.readWatch(key);
  }
}

/**
 * Returns the value of `retry-after` in seconds. The status can change at the next poll. The result of a poll is
 * recorded within one second.
 */
function retryAfterSeconds({ watch }: WatchDocument, now: Instant): number {
  const seconds = watch.nextPollAt === null ? 0 : Math.ceil((watch.nextPollAt - now) / 1000) + 1;
  return Math.min(MAX_RETRY_AFTER_SECONDS, Math.max(1, seconds));
}

/**
 * Replaces the delivery of a watch to each chat of a digest with the delivery of the digest. A chat of a digest gets no
 * notification of a single watch. The delivery of a redelivered notification is not replaced. A watch without an
 * outcome is returned unchanged.
 */
export async function replaceDigestDeliveries(
  document: WatchDocument,
  ledger: ApiPorts["ledger"],
): Promise<WatchDocument> {
  const { watch } = document;
  const { digestId, state } = watch;
  if (digestId === null || state === "watching" || state === "stopped") return document;
  const targets = findDigestTargets(await ledger.readDigest(digestId), watch);
  const deliveries = await Promise.all(
    document.deliveries.map((delivery) =>
      targets.includes(delivery.target) && delivery.redelivery === 0
        ? ledger.readDelivery(digestNotificationKey(digestId, delivery.target))
        : delivery,
    ),
  );
  return { ...document, deliveries };
}

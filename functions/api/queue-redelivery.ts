import { type ApiRequest, type ApiResponse, jsonResponse } from "../../lib/api/http-message.ts";
import {
  forbidden,
  missingRightError,
  type ProblemResponse,
  problemResponse,
  unavailable,
  watchNotFound,
} from "../../lib/api/problem-response.ts";
import {
  type RedeliveredTarget,
  type Redelivery,
  type RedeliveryResult,
  readRedeliveryRequest,
} from "../../lib/api/redelivery-request.ts";
import { invalidRequest } from "../../lib/api/request-errors.ts";
import { type Caller, mayUse } from "../../lib/auth/caller-rights.ts";
import { isCallbackTargetName } from "../../lib/channels/webhook/target.ts";
import type { Config } from "../../lib/config/config.ts";
import { computeExpiryAsLaterOfRetentionAndRetries } from "../../lib/config/retention.ts";
import type { Instant, Outcome, TargetEvent, WatchKey } from "../../lib/domain/job.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import { createNotificationKey, type DeliveryRecord } from "../../lib/ledger/notification.ts";
import type { Watch, WatchDocument } from "../../lib/ledger/watch.ts";
import { deliveriesOverdueAt } from "../../lib/ledger/watch-deliveries-and-overdue-times.ts";
import { createNotificationMessage } from "../../lib/queue/messages.ts";
import type { Queue } from "../../lib/queue/queue.ts";
import { log } from "../../lib/runtime/log.ts";
import { logActAndCountIfStop } from "../../lib/runtime/log-act.ts";
import type { ApiPorts } from "./api-ports.ts";

/**
 * Creates the response to `POST …/redeliver`. Queues the notifications of the caller's ended watch again. If the
 * request names targets, the function selects these targets. If the request names no target, the function selects the
 * targets whose setting `on` contains the outcome. The caller must have the right to use the target. The function skips
 * a target that is switched off. If the queue confirms no notification, the status is 503. If the queue confirms only
 * some notifications, the status is 202, because a repeated request would notify some targets twice.
 */
export async function queueRedeliveryOfEndedWatch(
  key: WatchKey,
  request: ApiRequest,
  ports: ApiPorts,
  caller: Caller,
): Promise<ApiResponse | ProblemResponse> {
  const {
    ledger,
    configs,
    now: clock,
    notifyQueue,
    onRedelivered = logRedelivery,
    onAct = logActAndCountIfStop,
  } = ports;
  const read = readRedeliveryRequest(request);
  if (read.kind === "problem") return read;
  const [config, now] = [await configs.current(), clock()];
  const document = await ledger.readWatchDocumentOrNull(key);
  if (document === null) return watchNotFound(key);
  const { watch } = document;
  const { project, jobId, state } = watch;
  if (state === "watching" || state === "stopped")
    return problemResponse(
      "not-concluded",
      `The watch has no outcome, because the state of the watch is '${state}'.`,
    );
  const chosen = chooseTargets(read.redelivery, watch, state, caller, config);
  if (chosen.kind === "problem") return chosen;

  const off = await Promise.all(chosen.targets.map((target) => isTargetSwitchedOff(target, { ledger })));
  const wanted = chosen.targets.filter((_, i) => !off[i]);
  const times = { settings: config.settings, now };
  const notifications = [
    ...wanted.map((target) => ({ target, event: state })),
    ...listFailedNotificationsOfSlowJob(document).filter(({ target }) => wanted.includes(target)),
  ];
  const results = await queueNotificationsAgain(document, notifications, times, { ledger, notifyQueue });
  const queued = wanted.filter((target) => results.get(target) === "queued");
  onRedelivered({ ...key, traceparent: watch.traceparent }, queued);
  onAct({
    act: "redeliver",
    who: caller.name,
    from: request.sourceIp,
    project,
    jobId,
    owner: key.caller,
    traceparent: watch.traceparent,
    targets: queued,
  });
  const failed = wanted.filter((target) => results.get(target) === "failed");
  if (failed.length > 0 && failed.length === wanted.length)
    return unavailable(
      "No notification was queued. Send the request again.",
      failed.map((target) => ({ detail: `the queue did not confirm the notification to '${target}'` })),
    );
  const targets = chosen.targets.map((target, i): RedeliveredTarget => {
    if (off[i]) return { target, status: "skipped", reason: "target_off" };
    return failed.includes(target)
      ? { target, status: "skipped", reason: "not_queued" }
      : { target, status: "queued" };
  });
  return jsonResponse(202, { project, jobId, targets } satisfies RedeliveryResult);
}

function chooseTargets(
  { targets: named }: Redelivery,
  watch: Watch,
  outcome: Outcome,
  caller: Caller,
  { targets: configured }: Config,
): { readonly kind: "chosen"; readonly targets: readonly string[] } | ProblemResponse {
  const isUsable = (target: string) =>
    isCallbackTargetName(target) ||
    mayUse(caller, { operation: "redeliver", project: watch.project, target });
  if (named === undefined) {
    const isSubscribed = (name: string) => configured[name]?.on.includes(outcome) ?? true;
    return { kind: "chosen", targets: watch.targets.filter((name) => isUsable(name) && isSubscribed(name)) };
  }
  const positions = named.map((name, i) => ({ pointer: `#/targets/${i}`, name }));
  const missing = positions.filter(({ name }) => !isUsable(name));
  if (missing.length > 0)
    return forbidden(
      "redeliver",
      missing.map(({ name, pointer }) => missingRightError("redeliver", "target", name, { pointer })),
    );
  const errors = positions
    .filter(({ name }) => !watch.targets.includes(name))
    .map(({ name, pointer }) => ({
      pointer,
      detail: `'${name}' is not a target of this watch. To notify this target, send POST /v1/jobs with '${name}' in 'notify'.`,
    }));
  return errors.length > 0 ? invalidRequest(errors) : { kind: "chosen", targets: [...new Set(named)] };
}

/** Writes a log line about a redelivery. */
export function logRedelivery(
  { project, jobId, caller, traceparent }: WatchKey & Pick<Watch, "traceparent">,
  targets: readonly string[],
): void {
  log.info("redeliver", { project, jobId, caller, targets, traceparent });
}

interface QueueAgainPorts {
  readonly ledger: Pick<Ledger, "scheduleSweepByAndExtendExpiry" | "startRedeliveryIfLatestIs">;
  readonly notifyQueue: Pick<Queue, "send">;
}

/**
 * The result of a redelivery for each target. `queued_by_another` means that another call has just queued the
 * notification.
 */
type QueuedAgain = ReadonlyMap<string, (typeof RESULTS)[number]>;

const RESULTS = ["queued_by_another", "queued", "failed"] as const;

/**
 * Identifies a notification of a watch by its target and its event. `event` is the outcome of the job, or `slow` for a
 * slow job.
 */
export interface WatchNotification {
  readonly target: string;
  readonly event: TargetEvent;
}

/** Returns true if a notification has failed and the service will not try again. */
export function hasDeliveryFinallyFailed(delivery: DeliveryRecord | undefined): boolean {
  return delivery !== undefined && delivery.state !== "pending" && delivery.state !== "delivered";
}

/** Returns the failed notifications about a slow job. */
export function listFailedNotificationsOfSlowJob({
  deliveries,
}: WatchDocument): readonly WatchNotification[] {
  return deliveries
    .filter((delivery) => delivery.event === "job.slow" && hasDeliveryFinallyFailed(delivery))
    .map(({ target }) => ({ target, event: "slow" }));
}

/**
 * Queues notifications of an ended watch again. Each redelivery of a notification has a new number. If another call has
 * just started a redelivery of a notification, the function does not queue the notification.
 */
export async function queueNotificationsAgain(
  { watch, generations, slow, deliveries }: WatchDocument,
  notifications: readonly WatchNotification[],
  { settings, now }: { readonly settings: Config["settings"]; readonly now: Instant },
  { ledger, notifyQueue }: QueueAgainPorts,
): Promise<QueuedAgain> {
  if (notifications.length === 0) return new Map();
  const expiresAt = computeExpiryAsLaterOfRetentionAndRetries(now, settings);
  // The function adds the watch to the overdue index before it sends messages. If a message is lost, the sweep function
  // finds the watch in the index and sends the message again.
  await ledger.scheduleSweepByAndExtendExpiry(watch, deliveriesOverdueAt(now), expiresAt);
  const started = await Promise.all(
    notifications.map(async ({ target, event }) => {
      const isSlow = event === "slow";
      const own = isSlow ? (slow?.generations ?? {}) : generations;
      const key = createNotificationKey(watch, own, `job.${event}`, target);
      const latest = deliveries.find(
        (delivery) => delivery.target === target && (delivery.event === "job.slow") === isSlow,
      );
      const redelivery = await ledger.startRedeliveryIfLatestIs(key, latest?.redelivery ?? 0, expiresAt);
      const message = redelivery === null ? null : createNotificationMessage(watch, key, event, redelivery);
      return { target, message };
    }),
  );
  const results = await notifyQueue.send(started.flatMap(({ message }) => message ?? []));
  const failed = new Set(results.filter(({ kind }) => kind === "failed").map(({ id }) => id));
  const queued = started.map(({ target, message }) => {
    if (message === null) return [target, "queued_by_another"] as const;
    return [target, failed.has(message.id) ? "failed" : "queued"] as const;
  });
  // A target can have two results: one for the outcome, and one for the slow job. In the map, a later result of a
  // target replaces an earlier one. The sort puts `failed` last, so the result `failed` is never lost.
  return new Map(queued.toSorted(([, a], [, b]) => RESULTS.indexOf(a) - RESULTS.indexOf(b)));
}

/** Returns true if a target is switched off. */
export async function isTargetSwitchedOff(
  target: string,
  { ledger }: { readonly ledger: Pick<Ledger, "readTargetState"> },
): Promise<boolean> {
  return !isCallbackTargetName(target) && (await ledger.readTargetState(target)).offSince !== null;
}

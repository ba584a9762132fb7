import { type ApiRequest, type ApiResponse, jsonResponse } from "../../lib/api/http-message.ts";
import {
  forbidden,
  malformedPathNotFound,
  missingRightError,
  nameNotFound,
  type ProblemResponse,
} from "../../lib/api/problem-response.ts";
import {
  createPageTokenOfMissedRedelivery,
  type MissedJob,
  type MissedPosition,
  type MissedRedeliveryResult,
  type MissedRequest,
  readMissedRedeliveryRequest,
} from "../../lib/api/redelivery-request.ts";
import { invalidRequest, toRequestErrors } from "../../lib/api/request-errors.ts";
import { type Caller, isNameInConfig, mayUse } from "../../lib/auth/caller-rights.ts";
import type { Config } from "../../lib/config/config.ts";
import { MAX_DEADLINE_MINUTES } from "../../lib/config/settings.ts";
import type { Instant, Outcome } from "../../lib/domain/job.ts";
import { Name } from "../../lib/domain/names.ts";
import { createNotificationKey, type DeliveryRecord } from "../../lib/ledger/notification.ts";
import {
  PageTokenError,
  replaceCallerByHashInPageTokenOrThrow,
  restoreCallerInPageTokenOrThrow,
} from "../../lib/ledger/page-token.ts";
import type { Watch, WatchDocument } from "../../lib/ledger/watch.ts";
import { logActAndCountIfStop, NO_WATCH } from "../../lib/runtime/log-act.ts";
import {
  createDigestNotificationKey,
  listDigestTargetsOfWatch,
} from "../shared/targets-to-notify-and-digests.ts";
import type { RequestPorts } from "./api-ports.ts";
import {
  hasDeliveryFinallyFailed,
  isTargetSwitchedOff,
  listFailedNotificationsOfSlowJob,
  logRedelivery,
  queueNotificationsAgain,
  type WatchNotification,
} from "./queue-redelivery.ts";

/** For one request, the function reads at most `MAX_PAGES` pages with up to `PAGE_SIZE` watches each. */
const MAX_PAGES = 5;
const PAGE_SIZE = 100;
/** The maximum number of jobs in one response. */
const MAX_JOBS = 100;
const CONCURRENCY = 10;
/** If less time than `PAGE_MARGIN_MS` remains, the function reads no more watches from the ledger. */
const PAGE_MARGIN_MS = 10_000;
/**
 * The maximum time between the acceptance and the end of a watch. The ledger can list watches only by acceptance time.
 * A watch that ended after the time `since` was accepted at most `LONGEST_WATCH_MS` before `since`.
 */
const LONGEST_WATCH_MS = MAX_DEADLINE_MINUTES * 60_000;

interface MissedScope {
  readonly target: string;
  readonly wanted: MissedRequest;
  readonly config: Config;
  readonly now: Instant;
  readonly isOff: boolean;
  /**
   * The keys of the notifications that this request has already processed. Two watches of the same job can have the
   * same notification key.
   */
  readonly handled: Set<string>;
}

/**
 * Creates the response to `POST /v1/targets/{name}/redeliver`. Queues the failed notifications of a target again. The
 * function selects watches that ended after the time in the request. The caller must have the right to request a
 * redelivery in the project of the watch. If a caller repeats the request, notifications that were queued or delivered
 * are not queued again. If the target is switched off, the function queues no notification.
 */
export async function queueRedeliveryOfFailedToTarget(
  { name = "" }: Readonly<Record<string, string>>,
  request: ApiRequest,
  ports: RequestPorts,
  caller: Caller,
): Promise<ApiResponse | ProblemResponse> {
  const errors = toRequestErrors(Name.safeParse(name), () => ({ parameter: "name" }));
  if (errors.length > 0) return malformedPathNotFound(errors);
  if (!mayUse(caller, { target: name })) return nameNotFound("target", name);
  if (!mayUse(caller, { operation: "redeliver", target: name }))
    return forbidden("redeliver", [missingRightError("redeliver", "target", name, { parameter: "name" })]);
  const wanted = readMissedRedeliveryRequest(request);
  if (wanted.kind === "problem") return wanted;
  const config = await ports.configs.currentWith("targets", name);
  if (!isNameInConfig(config, "target", name)) return nameNotFound("target", name);
  const projects = Object.keys(config.projects)
    .filter((project) => mayUse(caller, { operation: "redeliver", project, target: name }))
    .sort();
  const isOff = await isTargetSwitchedOff(name, ports);
  const scope = { target: name, wanted, config, now: ports.now(), isOff, handled: new Set<string>() };
  try {
    const result = await redeliverPages(projects, scope, ports);
    const { onAct = logActAndCountIfStop } = ports;
    if (result.jobs.some(({ status }) => status === "queued"))
      onAct({ ...NO_WATCH, act: "redeliver", who: caller.name, from: request.sourceIp, targets: [name] });
    return jsonResponse(202, result);
  } catch (error) {
    if (!(error instanceof PageTokenError)) throw error;
    return invalidRequest([{ parameter: "before", detail: error.message }]);
  }
}

async function redeliverPages(
  projects: readonly string[],
  scope: MissedScope,
  ports: RequestPorts,
): Promise<MissedRedeliveryResult> {
  const { since, from } = scope.wanted;
  const jobs: MissedJob[] = [];
  const firstPageOf = (project: string | undefined) =>
    project === undefined ? null : { project, before: null };
  // The caller may have lost the right to the project since the previous request.
  const isUsable = from === null || projects.includes(from.project);
  let position: MissedPosition | null = isUsable ? (from ?? firstPageOf(projects[0])) : null;
  if (position !== null && position.before !== null) {
    const { project, before } = position;
    position = { project, before: await restoreCallerInPageTokenOrThrow(before, project, ports.ledger) };
  }
  for (let pages = 0; position !== null && pages < MAX_PAGES; pages += 1) {
    if (jobs.length >= MAX_JOBS || (pages > 0 && ports.remainingMs() < PAGE_MARGIN_MS)) break;
    const { project, before }: MissedPosition = position;
    const { watches, next } = await ports.ledger.listRecentWatches(project, { limit: PAGE_SIZE, before });
    jobs.push(...(await redeliverWatches(watches, scope, ports)));
    const oldest = watches.at(-1)?.acceptedAt ?? since;
    const hasMore = next !== null && oldest >= since - LONGEST_WATCH_MS;
    position = hasMore ? { project, before: next } : firstPageOf(projects.find((name) => name > project));
  }
  if (position === null) return { jobs, next: null };
  const { project, before } = position;
  return {
    jobs,
    next: createPageTokenOfMissedRedelivery({
      project,
      before: before && replaceCallerByHashInPageTokenOrThrow(before),
    }),
  };
}

async function redeliverWatches(
  watches: readonly Watch[],
  scope: MissedScope,
  ports: RequestPorts,
): Promise<readonly MissedJob[]> {
  const { target, wanted } = scope;
  const ended = watches.filter(
    ({ targets, concludedAt }) =>
      targets.includes(target) && concludedAt !== null && concludedAt >= wanted.since,
  );
  const jobs: MissedJob[] = [];
  for (let i = 0; i < ended.length; i += CONCURRENCY) {
    const chunk = ended.slice(i, i + CONCURRENCY);
    const found = await Promise.all(chunk.map((watch) => redeliverWatch(watch, scope, ports)));
    jobs.push(...found.flat());
  }
  return jobs;
}

/**
 * Queues the notifications of one watch that the target has missed. If the target is switched off or the request is a
 * dry run, queues no notification. If the target missed no notification of the watch, returns an empty array.
 */
async function redeliverWatch(
  listed: Watch,
  { target, wanted, config, now, isOff, handled }: MissedScope,
  ports: RequestPorts,
): Promise<readonly MissedJob[]> {
  const { ledger, notifyQueue, onRedelivered = logRedelivery } = ports;
  const document = await ledger.readWatchDocumentOrNull(listed);
  const outcome = document === null ? null : outcomeOf(document.watch);
  if (document === null || outcome === null) return [];
  const { watch, generations } = document;
  const key = JSON.stringify(createNotificationKey(watch, generations, `job.${outcome}`, target));
  if (handled.has(key)) return [];
  handled.add(key);
  const missed: readonly WatchNotification[] = [
    ...(hasDeliveryFinallyFailed(await readDeliveryOrPendingRecord(document, target, ports))
      ? [{ target, event: outcome }]
      : []),
    ...listFailedNotificationsOfSlowJob(document).filter((slow) => slow.target === target),
  ];
  if (missed.length === 0) return [];
  const { project, jobId, caller, traceparent } = watch;
  if (isOff) return [{ project, jobId, status: "skipped", reason: "target_off" }];
  if (wanted.dryRun) return [{ project, jobId, status: "missed" }];
  const times = { settings: config.settings, now };
  const queued = (await queueNotificationsAgain(document, missed, times, { ledger, notifyQueue })).get(
    target,
  );
  if (queued === "queued_by_another") return [];
  if (queued === "failed") return [{ project, jobId, status: "skipped", reason: "not_queued" }];
  onRedelivered({ project, jobId, caller, traceparent }, [target]);
  return [{ project, jobId, status: "queued" }];
}

/**
 * Returns the delivery record for the outcome of a watch. If the target got a digest (one message about several jobs),
 * the result is the delivery record of the digest. If a caller has requested a redelivery, the function returns the
 * delivery record of the redelivery.
 */
async function readDeliveryOrPendingRecord(
  { watch, deliveries }: WatchDocument,
  target: string,
  { ledger }: RequestPorts,
): Promise<DeliveryRecord | undefined> {
  const own = deliveries.find((delivery) => delivery.target === target);
  if (watch.digestId === null || (own?.redelivery ?? 0) > 0) return own;
  const digest = await ledger.readDigest(watch.digestId);
  return listDigestTargetsOfWatch(digest, watch).includes(target)
    ? ledger.readDeliveryOrPendingRecord(createDigestNotificationKey(watch.digestId, target))
    : own;
}

function outcomeOf({ state }: Watch): Outcome | null {
  return state === "watching" || state === "stopped" ? null : state;
}

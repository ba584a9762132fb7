import { createSignedJobPageUrlOrNull, createSignedPageLinkOptions } from "../../lib/auth/link-keys.ts";
import type { Config } from "../../lib/config/config.ts";
import { computeExpiryAsLaterOfRetentionAndRetries } from "../../lib/config/retention.ts";
import type { Instant, Job, WatchKey } from "../../lib/domain/job.ts";
import { isOutcomeOfEndedJob, type OutcomeSummary } from "../../lib/domain/outcome-summary.ts";
import { type SlowSummary, summarizeAndTruncateSlowJob } from "../../lib/domain/slow-summary.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import { createNotificationKey } from "../../lib/ledger/notification.ts";
import type { Watch, WatchDocument } from "../../lib/ledger/watch.ts";
import type { SlowRecord } from "../../lib/ledger/watch-deliveries-and-overdue-times.ts";
import {
  isDeliveredOrDeadLettered,
  notificationOverdueAt,
  STUCK_MS,
} from "../../lib/ledger/watch-deliveries-and-overdue-times.ts";
import { createNotificationMessage } from "../../lib/queue/messages.ts";
import { type Queue, sendAllOrThrow } from "../../lib/queue/queue.ts";
import { log } from "../../lib/runtime/log.ts";
import { meter } from "../../lib/runtime/metrics.ts";
import { daysSince1970, durationCountExpiry } from "../../lib/schedule/duration-counts.ts";
import { plausibleJobAgeSeconds } from "../../lib/schedule/job-age.ts";
import {
  type LatestDurations,
  longestSucceededSubJobSecondsByType,
  medianSubJobSecondsIfEnough,
  NO_LATEST_DURATIONS,
} from "../../lib/schedule/latest-durations.ts";
import { computeSlowLimitOf95Percent, type SlowLimit } from "../../lib/schedule/slow-limit.ts";
import type { ReadLearnedDurations } from "../shared/learned-durations.ts";
import {
  listResendableNotificationsOfSlowJob,
  type ResendableNotification,
} from "../shared/targets-to-notify-and-digests.ts";
import type { PollResult } from "./conclude-watch.ts";

/** To compute when a job is slow, the function uses stored durations that are at most `LIMIT_MAX_AGE_MS` old. */
const LIMIT_MAX_AGE_MS = 1000;

export interface SlowJobPorts {
  readonly ledger: Pick<
    Ledger,
    "readWatchDocumentOrNull" | "getOrCreateSlowRecord" | "readLatestDurations" | "addLatestDurations"
  >;
  readonly notifyQueue: Pick<Queue, "send">;
  readonly durations: ReadLearnedDurations;
  readonly config: Config;
  /** The URL of the API. The service uses this URL only if the config contains no `publicUrl`. */
  readonly defaultUrl: string;
  /** Called when a running job has taken longer than usual. */
  readonly onSlow?: typeof logAndCountSlowJob;
  /** Called after the function has sent notifications about a slow job again. */
  readonly onSlowSentAgain?: typeof logAndCountSentAgain;
}

/** Returns those targets of a watch whose setting `on` contains `slow`. */
function slowTargets({ targets }: Pick<Watch, "targets">, config: Config): readonly string[] {
  return targets.filter(
    (name) => Object.hasOwn(config.targets, name) && config.targets[name]?.on.includes("slow"),
  );
}

/**
 * If a running job takes longer than usual, notifies the targets once. If notifications of an earlier poll are lost,
 * sends them again.
 * @returns the time at which the job becomes slow, or at which a notification about the slow job becomes overdue. If
 * neither can happen any more, the result is null
 * @throws SendFailedError or an error of the ledger
 */
export async function notifyIfSlowAndPlanNextCheck(
  result: PollResult,
  ports: SlowJobPorts,
): Promise<Instant | null> {
  const { watch, at, observation } = result;
  const targets = slowTargets(watch, ports.config);
  if (targets.length === 0) return null;
  if (watch.slowAt !== null && watch.slowAt <= at) {
    const document = await ports.ledger.readWatchDocumentOrNull(watch);
    if (document?.slow != null) return sendLostNotifications(result, document, document.slow, ports);
  }
  if (observation?.kind !== "job") return watch.slowAt;
  const { job } = observation;
  // A notification that was sent before the end of the job can become overdue after the end of the job.
  if (job.state !== "pending") return (watch.slowAt ?? 0) > at ? watch.slowAt : null;
  const wasObserved = watch.operation === null ? watch.jobType !== null : watch.phase !== null;
  const jobType = job.type ?? watch.jobType;
  if (jobType === null || (watch.slowAt === null && wasObserved)) return null;
  const ageSeconds = plausibleJobAgeSeconds(job.createdAt, watch.acceptedAt, at);
  const durations = await ports.durations(watch.project, jobType, wasObserved ? undefined : LIMIT_MAX_AGE_MS);
  // To save requests, only the first poll and a poll after `slowAt` read the durations of the latest jobs.
  const isFirstOrDue = (watch.slowAt ?? 0) <= at;
  const latest = isFirstOrDue
    ? await ports.ledger.readLatestDurations(watch.project, jobType)
    : NO_LATEST_DURATIONS;
  const limit = computeSlowLimitOf95Percent(durations, latest.jobs);
  if (limit === null) return null;
  // The new limit may be later than the stored `slowAt`, because other jobs of the type may have taken longer
  // meanwhile.
  const slowAt = Math.max(watch.slowAt ?? 0, at + (limit.p95Seconds - ageSeconds) * 1000);
  if (at < slowAt) return Math.ceil(slowAt);
  await notifySlow(result, job, targets, { limit, latest, ageSeconds }, ports);
  return notificationOverdueAt(null, at);
}

/**
 * Sends overdue notifications about a slow job again, because their messages are probably lost. If an earlier try of
 * this poll crashed, sends all unfinished notifications again.
 * @returns the earliest time at which one of the notifications becomes overdue, or null if all notifications are
 * finished
 */
async function sendLostNotifications(
  { watch, at, polls }: PollResult,
  document: WatchDocument,
  { summary }: SlowRecord,
  { config, notifyQueue, onSlow = logAndCountSlowJob, onSlowSentAgain = logAndCountSentAgain }: SlowJobPorts,
): Promise<Instant | null> {
  const open = listResendableNotificationsOfSlowJob(document, config.targets).filter(
    ({ delivery }) => !isDeliveredOrDeadLettered(delivery),
  );
  const isRepeated = summary.polls === polls;
  const overdueAt = ({ delivery }: ResendableNotification) =>
    notificationOverdueAt(delivery, summary.polledAt);
  const lost = open.filter((notification) => isRepeated || overdueAt(notification) <= at);
  await sendAllOrThrow(
    notifyQueue,
    lost.map(({ message }) => message),
  );
  if (isRepeated) onSlow(summary, watch);
  else if (lost.length > 0) {
    const plannedAt = ({ delivery }: ResendableNotification) => delivery?.nextAttemptAt ?? summary.polledAt;
    const stuck = lost.filter((notification) => plannedAt(notification) + STUCK_MS <= at);
    onSlowSentAgain(watch, { notifications: lost.length, stuck: stuck.length });
  }
  if (open.length === 0) return null;
  const sentAgainOverdueAt = notificationOverdueAt(null, at);
  return Math.min(
    ...open.map((notification) =>
      lost.includes(notification) ? sentAgainOverdueAt : overdueAt(notification),
    ),
  );
}

async function notifySlow(
  { watch, at, polls }: PollResult,
  job: Job,
  targets: readonly string[],
  {
    limit: { p50Seconds, p95Seconds, fromJobs },
    latest,
    ageSeconds,
  }: { readonly limit: SlowLimit; readonly latest: LatestDurations; readonly ageSeconds: number },
  { ledger, notifyQueue, config, defaultUrl, onSlow = logAndCountSlowJob }: SlowJobPorts,
): Promise<void> {
  const { project, jobId, caller, acceptedAt } = watch;
  const document = await ledger.readWatchDocumentOrNull(watch);
  const summary = summarizeAndTruncateSlowJob(
    {
      project,
      region: config.projects[project]?.region ?? null,
      jobId,
      acceptedAt,
      polledAt: at,
      polls,
      ageSeconds,
      usual: { p50Seconds, p95Seconds, fromJobs },
      context: document?.context ?? {},
      jobPageUrl: createSignedJobPageUrlOrNull(
        createSignedPageLinkOptions(config, defaultUrl),
        { project, jobId, caller },
        at,
      ),
    },
    job,
    (type) => medianSubJobSecondsIfEnough(latest, type),
  );
  const expiresAt = computeExpiryAsLaterOfRetentionAndRetries(watch.deadlineAt, config.settings);
  const record = { summary, targets: [...targets], generations: document?.generations ?? {} };
  const stored = await ledger.getOrCreateSlowRecord(watch, record, expiresAt);
  const messages = stored.targets.map((target) => {
    const key = createNotificationKey(watch, stored.generations, "job.slow", target);
    return createNotificationMessage(watch, key, "slow", 0);
  });
  await sendAllOrThrow(notifyQueue, messages);
  onSlow(stored.summary, watch);
}

/**
 * Stores the durations of an ended job and of its subjobs, but only if a target of the watch gets notifications about
 * slow jobs.
 */
export async function saveDurationsIfTargetsWantSlowJobs(
  { watch, observation }: Pick<PollResult, "watch" | "observation">,
  { jobType, outcome, durationSeconds, concludedAt }: OutcomeSummary,
  { ledger, config }: Pick<SlowJobPorts, "ledger" | "config">,
): Promise<void> {
  if (!isOutcomeOfEndedJob(outcome) || jobType === null || slowTargets(watch, config).length === 0) return;
  const endedAt = watch.ready?.succeededAt ?? concludedAt;
  const job = durationSeconds === null ? null : { endedAt, seconds: durationSeconds };
  const subJobs = observation?.kind === "job" ? longestSucceededSubJobSecondsByType(observation.job) : {};
  const expiresAt = durationCountExpiry(daysSince1970(concludedAt));
  await ledger.addLatestDurations(watch.project, jobType, { job, subJobs }, expiresAt);
}

/** Writes a log line and the metric about a slow job. */
export function logAndCountSlowJob(
  { project, jobId, jobType, ageSeconds, usual }: SlowSummary,
  { caller }: Pick<Watch, "caller">,
): void {
  log.info("slow", { project, jobId, caller, jobType, ageSeconds, ...usual });
  meter.add("SlowJobs", 1);
}

/**
 * Writes a log line and the metrics about notifications that a poll has sent again. The sweep function also calls
 * `logAndCountSentAgain` for the notifications that it has sent again.
 */
export function logAndCountSentAgain(
  { project, jobId, caller }: WatchKey,
  { notifications, stuck }: { readonly notifications: number; readonly stuck: number },
): void {
  log.info("sent again", { project, jobId, caller, polls: 0, notifications });
  meter.add("NotificationsOverdue", notifications);
  if (stuck > 0) meter.add("FaultsFound", 1);
}

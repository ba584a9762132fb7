import { createLinkOptions, pageUrl } from "../../lib/auth/link-keys.ts";
import type { Config } from "../../lib/config/config.ts";
import { computeLedgerExpiryTime } from "../../lib/config/settings.ts";
import type { Instant, Job } from "../../lib/domain/job.ts";
import { type SlowSummary, summarizeSlowJob } from "../../lib/domain/slow-summary.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import { notificationKey } from "../../lib/ledger/notification.ts";
import type { Watch } from "../../lib/ledger/watch.ts";
import { createNotificationMessage } from "../../lib/queue/messages.ts";
import { type Queue, sendAllOrThrow } from "../../lib/queue/queue.ts";
import { log } from "../../lib/runtime/log.ts";
import { meter } from "../../lib/runtime/metrics.ts";
import { jobAgeSeconds } from "../../lib/schedule/decide-after-poll.ts";
import { daysSince1970, durationCountExpiry } from "../../lib/schedule/duration-buckets.ts";
import {
  addSubJobDurations,
  type SlowLimit,
  slowLimit,
  usualSubJobSeconds,
} from "../../lib/schedule/expected-duration.ts";
import type { LearnedDurations } from "../shared/learned-durations.ts";
import type { PollResult } from "./conclude-watch.ts";

/** The maximum age of the durations from which the limit of a slow job is computed. */
const LIMIT_MAX_AGE_MS = 1000;

export interface SlowJobPorts {
  readonly ledger: Pick<Ledger, "readWatch" | "saveSlowOnce" | "readSubJobDurations" | "saveSubJobDurations">;
  readonly notifyQueue: Pick<Queue, "send">;
  readonly durations: LearnedDurations;
  readonly config: Config;
  /** The URL that the API uses when the config has no `publicUrl`. */
  readonly defaultUrl: string;
  /** Reports that a job is slow. By default, the poll function writes a log line and a metric. */
  readonly onSlow?: typeof reportSlow;
}

/** Returns the targets of a watch that are notified of a slow job. Only a target whose `on` names `slow` is notified. */
function slowTargets({ targets }: Pick<Watch, "targets">, config: Config): readonly string[] {
  return targets.filter(
    (name) => Object.hasOwn(config.targets, name) && config.targets[name]?.on.includes("slow"),
  );
}

/**
 * Notifies the targets once if a running job is slow. The first poll that sees the job computes the age from which the
 * job is slow, from the jobs that have ended until then.
 * @returns the time from which the job is slow, for the watch. It is null if no notification follows.
 * @throws SendFailedError or an error of the ledger
 */
export async function followSlowJob(
  result: PollResult,
  job: Job,
  ports: SlowJobPorts,
): Promise<Instant | null> {
  const { watch, at } = result;
  const targets = slowTargets(watch, ports.config);
  const wasObserved = watch.operation === null ? watch.jobType !== null : watch.phase !== null;
  const isFirst = !wasObserved && job.type !== null;
  if (targets.length === 0 || (watch.slowAt === null && !isFirst)) return null;
  const ageSeconds = jobAgeSeconds(job.createdAt, watch.acceptedAt, at);
  const limit = slowLimit(
    await ports.durations(watch.project, job.type ?? watch.jobType, isFirst ? LIMIT_MAX_AGE_MS : undefined),
  );
  if (limit === null) return null;
  // If the jobs of the type have become slower meanwhile, the later time applies.
  const slowAt = Math.max(watch.slowAt ?? 0, at + (limit.p95Seconds - ageSeconds) * 1000);
  if (at < slowAt) return Math.ceil(slowAt);
  await notifySlow(result, job, targets, limit, ageSeconds, ports);
  return null;
}

/** Stores the state of a slow job and sends one notification to each target. A repeated call sends the same state. */
async function notifySlow(
  { watch, at, polls }: PollResult,
  job: Job,
  targets: readonly string[],
  { p50Seconds, p95Seconds, fromJobs }: SlowLimit,
  ageSeconds: number,
  { ledger, notifyQueue, config, defaultUrl, onSlow = reportSlow }: SlowJobPorts,
): Promise<void> {
  const { project, jobId, caller, acceptedAt } = watch;
  const document = await ledger.readWatch(watch);
  const known = await ledger.readSubJobDurations(project, job.type ?? watch.jobType ?? "");
  const summary = summarizeSlowJob(
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
      statusUrl: pageUrl(createLinkOptions(config, defaultUrl), { project, jobId, caller }, at),
    },
    job,
    (type) => usualSubJobSeconds(known, type),
  );
  const expiresAt = computeLedgerExpiryTime(watch.deadlineAt, config.settings);
  const stored = await ledger.saveSlowOnce(watch, summary, expiresAt);
  const messages = targets.map((target) => {
    const key = notificationKey(watch, document?.generations ?? {}, "job.slow", target);
    return createNotificationMessage(watch, key, "slow", 0);
  });
  await sendAllOrThrow(notifyQueue, messages);
  onSlow(stored, watch);
}

/** Adds the durations of the subjobs of an ended job to the learned durations, if a target is notified of slow jobs. */
export async function learnSubJobDurations(
  { watch, at, observation }: Pick<PollResult, "watch" | "at" | "observation">,
  { ledger, config }: Pick<SlowJobPorts, "ledger" | "config">,
): Promise<void> {
  if (observation?.kind !== "job" || slowTargets(watch, config).length === 0) return;
  const { job } = observation;
  if (job.state === "pending" || job.type === null || job.subJobs.length === 0) return;
  const known = await ledger.readSubJobDurations(watch.project, job.type);
  const expiresAt = durationCountExpiry(daysSince1970(at));
  await ledger.saveSubJobDurations(watch.project, job.type, addSubJobDurations(known, job), expiresAt);
}

/** Writes the log line and the metric of a slow job. */
export function reportSlow(
  { project, jobId, jobType, ageSeconds, usual }: SlowSummary,
  { caller, traceparent }: Pick<Watch, "caller" | "traceparent">,
): void {
  log.info("slow", { project, jobId, caller, jobType, ageSeconds, ...usual, traceparent });
  meter.add("SlowJobs", 1);
}

import { createJobPageUrl, createLinkOptions, createListPageUrl } from "../../lib/auth/link-keys.ts";
import type { CceClient } from "../../lib/cce/client.ts";
import type { Config } from "../../lib/config/config.ts";
import { computeLedgerExpiryTime } from "../../lib/config/retention.ts";
import type { Instant, Observation } from "../../lib/domain/job.ts";
import {
  describeMainCause,
  type OutcomeSummary,
  summarizeAndTruncateOutcome,
} from "../../lib/domain/outcome-summary.ts";
import { joinSentences, textInDefaultLanguage } from "../../lib/domain/text-in-default-language.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import { createNotificationKey } from "../../lib/ledger/notification.ts";
import type { OutcomeRecord, Watch, WatchDocument } from "../../lib/ledger/watch.ts";
import { createNotificationMessage } from "../../lib/queue/messages.ts";
import { type Queue, sendAllOrThrow } from "../../lib/queue/queue.ts";
import type { PollDecision } from "../../lib/schedule/decide-after-poll.ts";
import { concludeNotReadyOrReadyUnknown } from "../../lib/schedule/decide-after-ready-check.ts";
import { bucketOfDuration, daysSince1970, durationCountExpiry } from "../../lib/schedule/duration-counts.ts";
import { removeDigestMemberAndSendIfLast, splitTargetsToNotify } from "../shared/targets-to-notify.ts";
import { logAndCountConcluded } from "./poll-log.ts";

/** The time limit for queries of failure reasons of subjobs. */
const SUBJOBS_MS = 5_000;

export interface ConcludePorts {
  readonly ledger: Pick<
    Ledger,
    | "readWatch"
    | "readOutcomeWithoutTree"
    | "saveOutcomeOnce"
    | "endWatchUnlessTargetsAdded"
    | "removeRunningMemberAndCountRemaining"
    | "readDigest"
    | "addDuration"
  >;
  readonly notifyQueue: Pick<Queue, "send">;
  readonly cce: Pick<CceClient, "queryMissingFailureReasons">;
  readonly config: Config;
  /** The public URL if the config has no `publicUrl`. */
  readonly defaultUrl: string;
  readonly now: () => Instant;
  /** Reports the end of a watch, by default in a log line and metrics. */
  readonly onConcluded?: typeof logAndCountConcluded;
}

/** The result of a poll. */
export interface PollResult {
  readonly watch: Watch;
  readonly poll: number;
  readonly messageId: string;
  readonly at: Instant;
  /** `observation` is null if the poll did not query CCE, for example because of the rate limit. */
  readonly observation: Observation | null;
  /** The number of polls so far. A poll that the rate limit postponed does not count. */
  readonly polls: number;
  /** The times of the latest polls, oldest first. */
  readonly polledAt: readonly Instant[];
  /** The time when the lease ends. After this time, another message may repeat the poll. */
  readonly leaseUntil: Instant;
}

type Conclusion = Extract<PollDecision, { kind: "conclude" }>;

/** The lease of the poll ended before the outcome of the watch was stored. */
class LeaseEndedError extends Error {
  override readonly name = "LeaseEndedError";
}

/** A caller has moved the deadline during the poll. The same queue message then repeats the poll. */
class DeadlineMovedError extends Error {
  override readonly name = "DeadlineMovedError";
}

/**
 * Stores the outcome of a watch, sends a notification to each target, and marks the watch as ended. If the watch was
 * stopped or restarted during the poll, nothing happens. After a crash, the stored outcome is used, so that all
 * targets get the same outcome. If the process crashes, a notify message may be sent twice. Only one of the two
 * messages can claim the notification.
 * @returns the stored outcome, or null if nothing happened
 * @throws SendFailedError if a notification was not sent
 * @throws LeaseEndedError if the lease of the poll has ended
 * @throws DeadlineMovedError if the caller has moved the deadline during the poll
 */
export async function concludeAndNotifyUnlessStopped(
  result: PollResult,
  decided: Conclusion,
  ports: ConcludePorts,
): Promise<OutcomeSummary | null> {
  const { watch } = result;
  const conclusion = concludeSucceededJob(watch, decided);
  const document = await ports.ledger.readWatch(watch);
  if (document !== null) {
    const { state, generation } = document.watch;
    if (state !== "watching" || generation !== watch.generation) return null;
  }
  // The job was submitted again during the poll with a later deadline, so the watch must continue.
  if (conclusion.outcome === "timed_out" && document !== null && document.watch.deadlineAt > watch.deadlineAt)
    throw new DeadlineMovedError("the deadline of this watch has moved");
  // A submission during the poll may also ask to wait until the resource is usable.
  const endsWithJob = conclusion.outcome === "succeeded" && conclusion.ready === undefined;
  if (endsWithJob && document?.summary === null && document.watch.readyMinutes !== null)
    throw new DeadlineMovedError("the watch must wait until the resource of its job is usable");
  const outcome = await saveOutcome(result, conclusion, document, ports);
  await notifyAndEnd(outcome, result, ports);
  return outcome.summary;
}

/**
 * Completes the end of a watch after a crash. Some targets may already have the stored outcome, so the function uses
 * this outcome and does not query CCE again.
 * @returns false if this generation of the watch has no stored outcome (each restart begins a new generation)
 */
export async function completeStoredConclusion(
  watch: Watch,
  at: Instant,
  ports: ConcludePorts,
): Promise<boolean> {
  const outcome = await ports.ledger.readOutcomeWithoutTree(watch);
  if (outcome === null) return false;
  await notifyAndEnd(outcome, { watch, at, polledAt: watch.polledAt }, ports);
  return true;
}

/**
 * Corrects the conclusion of a watch whose job has succeeded. `timed_out` and `lost` would be wrong, because the end
 * of the job is known. After the correction, the watch ends because the resource did not become usable or could not be
 * read.
 */
function concludeSucceededJob(watch: Watch, conclusion: Conclusion): Conclusion {
  const isUnknown = conclusion.outcome === "timed_out" || conclusion.outcome === "lost";
  return watch.ready !== null && isUnknown ? concludeNotReadyOrReadyUnknown(watch, conclusion) : conclusion;
}

async function saveOutcome(
  { watch, at, observation, polls, leaseUntil }: PollResult,
  { outcome, reason, ready }: Conclusion,
  document: WatchDocument | null,
  { ledger, cce, config, defaultUrl, now }: ConcludePorts,
): Promise<OutcomeRecord> {
  const { project, jobId, caller, generation, acceptedAt, operation } = watch;
  const { settings } = config;
  const links = createLinkOptions(config, defaultUrl);
  const latest = observation?.kind === "job" ? observation.job : (document?.tree ?? null);
  const job =
    outcome === "failed" && latest !== null && operation === null
      ? await cce.queryMissingFailureReasons(project, latest, { timeLimitMs: SUBJOBS_MS })
      : latest;
  const summary = summarizeAndTruncateOutcome({
    project,
    jobId,
    region: config.projects[project]?.region ?? null,
    outcome,
    reason,
    job,
    operation,
    warnings: [
      ...(ready?.state === "unknown"
        ? [joinSentences([textInDefaultLanguage("sentence.readyUnknown"), ready.message])]
        : []),
      ...(observation?.kind === "job" ? observation.warnings : []),
    ],
    ready,
    jobEndObservedAt: watch.ready?.succeededAt,
    acceptedAt,
    concludedAt: at,
    polls,
    context: document?.context ?? {},
    jobPageUrl: createJobPageUrl(links, { project, jobId, caller }, at),
    listUrl: settings.pages.list ? createListPageUrl(links, project, at) : null,
  });
  if (now() > leaseUntil) throw new LeaseEndedError("the lease of this poll has ended");
  return ledger.saveOutcomeOnce(
    { project, jobId, caller, generation },
    { summary, tree: job, generations: document?.generations ?? {} },
    computeLedgerExpiryTime(at, settings),
  );
}

async function notifyAndEnd(
  { summary, generations }: OutcomeRecord,
  { watch, at, polledAt }: Pick<PollResult, "watch" | "at" | "polledAt">,
  ports: ConcludePorts,
): Promise<void> {
  const { ledger, config, notifyQueue, onConcluded = logAndCountConcluded } = ports;
  const { outcome, phase, jobType, resourceName, durationSeconds } = summary;
  const { digestTargets } = await removeDigestMemberAndSendIfLast(watch, ports);
  let targets = watch.targets;
  for (let added = targets; ; ) {
    const { own } = splitTargetsToNotify({ targets: added, digestTargets }, outcome, config.targets);
    const messages = own.map((target) => {
      const key = createNotificationKey(watch, generations, `job.${outcome}`, target);
      return createNotificationMessage(watch, key, outcome, 0);
    });
    await sendAllOrThrow(notifyQueue, messages);
    const ended = await ledger.endWatchUnlessTargetsAdded({
      key: watch,
      acceptedAt: watch.acceptedAt,
      outcome,
      concludedAt: summary.concludedAt,
      targets,
      polledAt,
      expiresAt: computeLedgerExpiryTime(at, config.settings),
      job: { phase, jobType, resourceName, cause: describeMainCause(summary), durationSeconds },
    });
    if (ended.kind === "ended") {
      onConcluded(summary);
      await learnDuration(summary, ledger);
    }
    if (ended.kind !== "targets_changed") return;
    added = ended.targets.filter((target) => !targets.includes(target));
    targets = ended.targets;
  }
}

/**
 * Adds the duration of an ended job to the learned durations. Only the call that ended the watch may add the duration.
 */
async function learnDuration(
  { project, jobType, durationSeconds, concludedAt }: OutcomeSummary,
  ledger: Pick<Ledger, "addDuration">,
): Promise<void> {
  if (durationSeconds === null || jobType === null) return;
  const bucket = bucketOfDuration(durationSeconds);
  const day = daysSince1970(concludedAt);
  const expiresAt = durationCountExpiry(day);
  await ledger.addDuration({ project, jobType, bucket, day, expiresAt });
}

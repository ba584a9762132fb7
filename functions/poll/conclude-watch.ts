import {
  createSignedJobListUrlOrNull,
  createSignedJobPageUrlOrNull,
  createSignedPageLinkOptions,
} from "../../lib/auth/link-keys.ts";
import type { CceClient } from "../../lib/cce/client.ts";
import type { Config } from "../../lib/config/config.ts";
import { computeExpiryAsLaterOfRetentionAndRetries } from "../../lib/config/retention.ts";
import type { Clock, Instant, Observation } from "../../lib/domain/job.ts";
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
import {
  removeDigestMemberAndSendIfLast,
  splitTargetsToNotify,
} from "../shared/targets-to-notify-and-digests.ts";
import { logAndCountConcluded } from "./poll-log.ts";

/** The time limit for all queries to CCE for missing failure reasons of subjobs. */
const SUBJOBS_MS = 5_000;

export interface ConcludePorts {
  readonly ledger: Pick<
    Ledger,
    | "readWatchDocumentOrNull"
    | "readOutcomeWithoutTree"
    | "getOrCreateOutcome"
    | "endWatchUnlessTargetsAdded"
    | "removeRunningMemberAndCountRemaining"
    | "readDigest"
    | "addDuration"
  >;
  readonly notifyQueue: Pick<Queue, "send">;
  readonly cce: Pick<CceClient, "queryMissingFailureReasons">;
  readonly config: Config;
  /** The URL of the API. The service uses this URL only if the config contains no `publicUrl`. */
  readonly defaultUrl: string;
  readonly now: Clock;
  /** Called when a watch has ended. */
  readonly onConcluded?: typeof logAndCountConcluded;
}

/** The result of one poll of a watch. */
export interface PollResult {
  readonly watch: Watch;
  readonly poll: number;
  readonly messageId: string;
  readonly at: Instant;
  /** The response of CCE. If the rate limit postponed the query to CCE, `observation` is null. */
  readonly observation: Observation | null;
  /** The number of polls of the watch so far. `polls` does not count a poll that sent no query to CCE. */
  readonly polls: number;
  /** The times of the watch's latest polls, oldest first. */
  readonly polledAt: readonly Instant[];
  /** The time at which the lease of the poll ends. After the end of the lease, another message may repeat the poll. */
  readonly leaseUntil: Instant;
}

type Conclusion = Extract<PollDecision, { kind: "conclude" }>;

class LeaseEndedError extends Error {
  override readonly name = "LeaseEndedError";
}

/**
 * A caller has changed the watch during the poll. SQS delivers the poll message again later, so that the poll is
 * repeated.
 */
class DeadlineMovedError extends Error {
  override readonly name = "DeadlineMovedError";
}

/**
 * Stores the outcome of a watch, sends a notification to each target, and marks the watch as ended. If the watch was
 * stopped or restarted during the poll, the function stores and sends nothing. If the ledger already contains an
 * outcome of the watch, all targets get this outcome.
 * @returns the stored outcome, or null if the watch was stopped or restarted
 * @throws SendFailedError if the function could not send a notification
 * @throws LeaseEndedError if the lease of the poll has ended meanwhile
 * @throws DeadlineMovedError if a caller has moved the deadline during the poll
 */
export async function concludeAndNotifyUnlessStoppedOrRestarted(
  result: PollResult,
  decided: Conclusion,
  ports: ConcludePorts,
): Promise<OutcomeSummary | null> {
  const { watch } = result;
  const conclusion = concludeSucceededJob(watch, decided);
  const document = await ports.ledger.readWatchDocumentOrNull(watch);
  if (document !== null) {
    const { state, generation } = document.watch;
    if (state !== "watching" || generation !== watch.generation) return null;
  }
  // If the caller submitted the job again with a later deadline during the poll, the watch must continue.
  if (conclusion.outcome === "timed_out" && document !== null && document.watch.deadlineAt > watch.deadlineAt)
    throw new DeadlineMovedError("the deadline of this watch has moved");
  // If the caller submitted the job again with `until: "ready"` during the poll, the watch must continue.
  const endsWithJob = conclusion.outcome === "succeeded" && conclusion.ready === undefined;
  if (endsWithJob && document?.summary === null && document.watch.readyMinutes !== null)
    throw new DeadlineMovedError("the watch must wait until the resource of its job is usable");
  const outcome = await saveOutcome(result, conclusion, document, ports);
  await notifyAndEnd(outcome, result, ports);
  return outcome.summary;
}

/**
 * Ends a watch whose outcome is already in the ledger, because an earlier try of the poll crashed. Sends the
 * notifications again, and does not query CCE.
 * @returns false if the ledger contains no outcome for this generation of the watch. Each restart begins a new
 * generation
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
 * After the success of a job, the watch must not end as `timed_out` or `lost`. The watch ends as `not_ready`, or as
 * `succeeded` with `ready.state: "unknown"`.
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
  const links = createSignedPageLinkOptions(config, defaultUrl);
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
    jobPageUrl: createSignedJobPageUrlOrNull(links, { project, jobId, caller }, at),
    listUrl: settings.pages.list ? createSignedJobListUrlOrNull(links, project, at) : null,
  });
  if (now() > leaseUntil) throw new LeaseEndedError("the lease of this poll has ended");
  return ledger.getOrCreateOutcome(
    { project, jobId, caller, generation },
    { summary, tree: job, generations: document?.generations ?? {} },
    computeExpiryAsLaterOfRetentionAndRetries(at, settings),
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
      expiresAt: computeExpiryAsLaterOfRetentionAndRetries(at, config.settings),
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
 * Adds the duration of an ended job to the durations from which the service plans polls. Must be called only once for
 * each watch, because a second call would add the same duration again.
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

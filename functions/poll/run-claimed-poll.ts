import type { CceClient } from "../../lib/cce/client.ts";
import type { Instant, Observation, Random } from "../../lib/domain/job.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import { countQueriedPollsOfGeneration, type Watch } from "../../lib/ledger/watch.ts";
import type { PollRecord } from "../../lib/ledger/watch-ledger.ts";
import { createPollMessage, type PollMessage } from "../../lib/queue/messages.ts";
import { type Queue, sendAllOrThrow } from "../../lib/queue/queue.ts";
import {
  decideAfterPoll,
  type PollDecision,
  postponePollOrTimeOutAfterGrace,
} from "../../lib/schedule/decide-after-poll.ts";
import {
  computeReadyDeadlineAfterSuccessOrNull,
  decideAfterReadyCheck,
  type ReadyCheck,
} from "../../lib/schedule/decide-after-ready-check.ts";
import type { ReadLearnedDurations } from "../shared/learned-durations.ts";
import type { ProjectRateLimit } from "../shared/project-rate-limit.ts";
import {
  type ConcludePorts,
  concludeAndNotifyUnlessStoppedOrRestarted,
  type PollResult,
} from "./conclude-watch.ts";
import type { PollReport } from "./poll-log.ts";
import { queryOperationAsJob, queryResourcesUntilNotReady } from "./query-resource.ts";
import {
  notifyIfSlowAndPlanNextCheck,
  type SlowJobPorts,
  saveDurationsIfTargetsWantSlowJobs,
} from "./slow-job.ts";

/**
 * The service stops polling at most `LOOP_BOUND_MS` after the deadline in the poll message. Even a wrong deadline in
 * the ledger therefore cannot cause endless polls.
 */
const LOOP_BOUND_MS = 7 * 86_400_000;
/** The function does not wait for the rate limit if the wait is at most `NEGLIGIBLE_WAIT_MS`. */
const NEGLIGIBLE_WAIT_MS = 1000;

export interface MakePollPorts extends ConcludePorts, Pick<SlowJobPorts, "onSlow" | "onSlowSentAgain"> {
  readonly ledger: ConcludePorts["ledger"] & SlowJobPorts["ledger"] & Pick<Ledger, "recordPoll">;
  readonly pollQueue: Pick<Queue, "send">;
  readonly cce: Pick<CceClient, "queryJob" | "queryMissingFailureReasons" | "queryResource">;
  readonly durations: ReadLearnedDurations;
  readonly rateLimit: ProjectRateLimit;
  readonly random: Random;
}

/** A poll, and the queue message that has claimed it. During the lease, no other message can make this poll. */
export interface ClaimedPoll {
  readonly message: PollMessage;
  readonly messageId: string;
  readonly watch: Watch;
  readonly claimedAt: Instant;
  readonly leaseUntil: Instant;
}

/**
 * Runs a poll that a queue message has claimed. The function queries CCE, and then sends the next poll message or the
 * notifications. At the end, the function records the poll as done.
 * @param timeLimitMs the time limit for the query to CCE, in milliseconds
 * @throws SendFailedError, LeaseEndedError or an error of the ledger
 */
export async function runClaimedPollAndSendMessages(
  claimed: ClaimedPoll,
  timeLimitMs: number,
  ports: MakePollPorts,
): Promise<Pick<PollReport, "observation" | "resource" | "next" | "delaySeconds">> {
  const endAt = ports.now() + timeLimitMs;
  const answer = await askCce(claimed, timeLimitMs, ports);
  const succeeded = answer.kind === "job" && answer.job.state === "succeeded" ? answer.job : null;
  const ready =
    succeeded === null || claimed.watch.readyMinutes === null
      ? null
      : {
          job: succeeded,
          check: await queryResourcesUntilNotReady(
            claimed.message.project,
            succeeded,
            endAt - ports.now(),
            ports,
          ),
        };
  const result = toPollResult(claimed, answer.kind === "rate_limited" ? null : answer, ports.now());
  const decision =
    ready === null
      ? await decideNext(claimed, result, answer, ports)
      : decideAfterReadyCheck({
          watch: { ...claimed.watch, polls: result.polls },
          job: ready.job,
          check: ready.check,
          now: result.at,
          settings: ports.config.settings,
          random: ports.random,
        });
  const resource = kindOfResourceReply(claimed, answer, ready?.check ?? null);
  if (decision.kind === "conclude") {
    const summary = await concludeAndNotifyUnlessStoppedOrRestarted(result, decision, ports);
    if (summary !== null) await saveDurationsIfTargetsWantSlowJobs(result, summary, ports);
    return { observation: answer.kind, resource, next: "concluded", delaySeconds: null };
  }
  const slowAt =
    answer.kind === "rate_limited" ? undefined : await notifyIfSlowAndPlanNextCheck(result, ports);
  const delaySeconds = delayUntilSlow(decision.delaySeconds, slowAt ?? 0, result.at, ports);
  const rateLimitedUntil = answer.kind === "rate_limited" ? answer.until : (decision.notBefore ?? null);
  await scheduleNextPoll(result, { ...decision, delaySeconds, slowAt }, rateLimitedUntil, ports);
  return { observation: answer.kind, resource, next: "poll_again", delaySeconds };
}

/** Returns the kind of the observation of a resource or task. If the poll queried only a job, the result is null. */
function kindOfResourceReply(
  { watch }: ClaimedPoll,
  answer: CceAnswer,
  check: ReadyCheck | null,
): PollReport["resource"] {
  if (check?.kind === "unseen") return check.observation.kind;
  if (check !== null) return check.kind === "no_resource" ? null : "job";
  return watch.operation === null || answer.kind === "rate_limited" ? null : answer.kind;
}

/**
 * Returns the delay before the next poll, so that the next poll is not later than `slowAt`.
 * @param slowAt the time at which the job becomes slow, or a notification about the slow job becomes overdue. If this
 * time is in the past, the function does not change the delay
 */
function delayUntilSlow(
  delaySeconds: number,
  slowAt: Instant,
  at: Instant,
  { config }: Pick<MakePollPorts, "config">,
): number {
  if (slowAt <= at) return delaySeconds;
  const minSeconds = Math.ceil(config.settings.poll.minDelaySeconds);
  return Math.min(delaySeconds, Math.max(minSeconds, Math.ceil((slowAt - at) / 1000)));
}

/** If the poll did not query CCE, `observation` is null. */
export function toPollResult(
  { message: { poll }, messageId, watch, leaseUntil }: ClaimedPoll,
  observation: Observation | null,
  at: Instant,
): PollResult {
  return {
    watch,
    poll,
    messageId,
    at,
    observation,
    polls: countQueriedPollsOfGeneration(watch) - (observation === null ? 1 : 0),
    polledAt: observation === null ? watch.polledAt : [...watch.polledAt, at],
    leaseUntil,
  };
}

/**
 * Returns the time at which a watch must end, even if its job is still running or the resource of its job is not yet
 * usable.
 */
export function computeLatestEndOfWatch(claimed: Pick<ClaimedPoll, "message" | "watch">): Instant {
  const { message, watch } = claimed;
  return Math.min(
    computeReadyDeadlineAfterSuccessOrNull(watch) ?? watch.deadlineAt,
    message.deadlineAt + LOOP_BOUND_MS,
  );
}

/** The response of CCE, or the time to which the rate limit postponed the query. */
type CceAnswer = Observation | { readonly kind: "rate_limited"; readonly until: Instant };

/**
 * Queries the state of a job or an operation from CCE. If the job has already succeeded, the function returns the
 * stored job without a query. After the success of a job, the job itself no longer changes, and only its resources can
 * change.
 */
async function askCce(
  { message: { project, jobId, rateLimitedUntil }, watch }: ClaimedPoll,
  timeLimitMs: number,
  { cce, ledger, rateLimit, config, now }: MakePollPorts,
): Promise<CceAnswer> {
  const quota = config.settings.poll.queriesPerFiveMinutes;
  const until = rateLimitedUntil ?? (await rateLimit.reserve(project, quota));
  if (until !== null && until - now() > NEGLIGIBLE_WAIT_MS) return { kind: "rate_limited", until };
  const stored = watch.ready === null ? null : ((await ledger.readWatchDocumentOrNull(watch))?.tree ?? null);
  if (stored !== null) return { kind: "job", job: stored, warnings: [] };
  const observation =
    watch.operation === null
      ? await cce.queryJob({ project, jobId }, { timeLimitMs })
      : await queryOperationAsJob(watch, watch.operation, timeLimitMs, cce);
  if (observation.kind === "throttled") rateLimit.onThrottled(project);
  return observation;
}

async function decideNext(
  claimed: ClaimedPoll,
  { watch, at, polls }: PollResult,
  answer: CceAnswer,
  { config: { settings }, durations, random }: MakePollPorts,
): Promise<PollDecision> {
  const bounded = { ...watch, polls, deadlineAt: computeLatestEndOfWatch(claimed) };
  if (answer.kind === "rate_limited") return postponePollOrTimeOutAfterGrace(bounded, answer.until, at);
  const jobType = (answer.kind === "job" ? answer.job.type : null) ?? watch.jobType;
  const learned = await durations(watch.project, jobType);
  const times = { durations: learned, now: at };
  return decideAfterPoll({ ...times, watch: bounded, observation: answer, settings, random });
}

async function scheduleNextPoll(
  { watch, poll, messageId, at, observation, polledAt }: PollResult,
  decision: Extract<PollDecision, { kind: "poll_again" }> & Pick<PollRecord, "slowAt">,
  rateLimitedUntil: Instant | null,
  { pollQueue, ledger }: MakePollPorts,
): Promise<void> {
  const { kind: _, delaySeconds, notBefore: __, ...progress } = decision;
  await sendAllOrThrow(pollQueue, [
    createPollMessage({ ...watch, poll: poll + 1 }, delaySeconds, rateLimitedUntil),
  ]);
  const job = observation?.kind === "job" ? observation.job : null;
  await ledger.recordPoll({
    ...progress,
    key: watch,
    poll,
    messageId,
    nextPollAt: at + delaySeconds * 1000,
    phase: job?.phase ?? watch.phase,
    jobType: job?.type ?? watch.jobType,
    resourceName: job?.resourceName ?? watch.resourceName,
    rateLimited: observation === null,
    polledAt,
    tree: job,
  });
}

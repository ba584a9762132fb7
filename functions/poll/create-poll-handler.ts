import type { CceClient } from "../../lib/cce/client.ts";
import type { Config } from "../../lib/config/config.ts";
import type { ConfigSource } from "../../lib/config/config-source.ts";
import type { Instant, Observation } from "../../lib/domain/job.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import { countPollsMade, POLL_HISTORY } from "../../lib/ledger/watch.ts";
import { coalesceSends, type Timer } from "../../lib/queue/coalesce-sends.ts";
import { createPollMessage, PollMessage } from "../../lib/queue/messages.ts";
import { type Queue, sendAllOrThrow } from "../../lib/queue/queue.ts";
import type { Disposition, HandleMessage, ReceivedMessage } from "../../lib/runtime/sqs-handler.ts";
import {
  decideAfterPoll,
  decideWhenRateLimited,
  type PollDecision,
} from "../../lib/schedule/decide-after-poll.ts";
import { createLearnedDurationsReader, type LearnedDurations } from "../shared/learned-durations.ts";
import { type ReadMessagePorts, readMessage } from "../shared/read-message.ts";
import { type ConcludePorts, concludeWatch, type PollResult, resumeConclusion } from "./conclude-watch.ts";
import { logPoll, type PollReport } from "./poll-log.ts";
import { createProjectRateLimit, type ProjectRateLimit } from "./project-rate-limit.ts";

/**
 * The lease of a poll (the time for which one message alone may do the poll). The lease of a poll is longer than the
 * time limit of the poll function (29 s), so no second invocation can repeat the poll while the first invocation may
 * still run. The lease of a poll is shorter than the visibility timeout of the queue. When SQS delivers a poll message
 * again, the lease of the poll has therefore ended.
 */
export const POLL_LEASE_MS = 35_000;
/** The time limit for one query to CCE. */
const QUERY_MS = 10_000;
/** The time that the function keeps free after the query to CCE, to send messages and to record the poll. */
const RECORD_MS = 6_000;
/**
 * The longest time that a watch may continue after the deadline in a poll message, even if the ledger has a later
 * deadline.
 */
const LOOP_BOUND_MS = 7 * 86_400_000;
/** If the rate limit asks for a wait of at most this time, the function ignores the wait and queries CCE at once. */
const NEGLIGIBLE_WAIT_MS = 1000;

export interface PollPorts
  extends Omit<ConcludePorts, "ledger" | "cce" | "config">,
    Omit<ReadMessagePorts, "queue"> {
  readonly ledger: ConcludePorts["ledger"] &
    Pick<Ledger, "claimPoll" | "recordPoll" | "readDurations" | "reserveRequestTime">;
  readonly pollQueue: Queue;
  readonly configs: Pick<ConfigSource, "currentWith">;
  readonly createCce: (config: Config) => Pick<CceClient, "queryJob" | "queryFailedSubjobs">;
  readonly random: () => number;
  /**
   * Delays a request to SQS until the function can send the messages of the whole batch together. By default, the
   * function uses the system timer.
   */
  readonly timer?: Timer;
  /** Reports the result of one poll message. By default, the poll function writes a log line and metrics. */
  readonly onPoll?: typeof logPoll;
  readonly onDurationsUnread?: (error: unknown) => void;
}

/** The functions, services and settings that one poll uses. */
interface PollScope extends Omit<PollPorts, "pollQueue" | "configs" | "createCce">, ConcludePorts {
  readonly ledger: PollPorts["ledger"];
  readonly pollQueue: Pick<Queue, "send">;
  readonly cce: Pick<CceClient, "queryJob" | "queryFailedSubjobs">;
  readonly durations: LearnedDurations;
  readonly rateLimit: ProjectRateLimit;
}

/**
 * Creates the handler of the poll queue. The handler sends the next poll messages of all jobs in a batch in one request
 * to SQS.
 */
export function createPollHandler(ports: PollPorts): (messages: number) => HandleMessage {
  const durations = createLearnedDurationsReader(ports.ledger, ports.now, ports.onDurationsUnread);
  const rateLimit = createProjectRateLimit(ports.ledger, ports.now);
  const clients = new WeakMap<Config, PollScope["cce"]>();
  return (messages) => {
    const pollQueue = coalesceSends(ports.pollQueue, messages, ports.timer);
    return async (received) => {
      try {
        const readPorts = { ...ports, queue: ports.pollQueue };
        return await readMessage(PollMessage, received, readPorts, async (message) => {
          const config = await ports.configs.currentWith("projects", message.project);
          const cce = clients.get(config) ?? ports.createCce(config);
          clients.set(config, cce);
          const scope = { ...ports, pollQueue, config, cce, durations, rateLimit };
          return pollJob(message, received, scope);
        });
      } finally {
        pollQueue.done();
      }
    };
  };
}

/**
 * Makes one poll of a job. The function claims the poll in the ledger, queries CCE, decides, sends the next poll
 * message or the notifications, and records the poll as done. If the function crashes, a later message continues the
 * watch, when the lease of the poll has ended. If a message repeats a poll that is already done, the ledger rejects the
 * claim of the poll.
 */
async function pollJob(
  message: PollMessage,
  received: ReceivedMessage,
  scope: PollScope,
): Promise<Disposition> {
  const { project, jobId, poll } = message;
  const { onPoll = logPoll } = scope;
  const key = { project, jobId };
  const report = (
    observation: PollReport["observation"],
    next: PollReport["next"],
    delaySeconds: number | null = null,
    latenessSeconds: number | null = null,
  ) => onPoll({ key, poll, observation, next, delaySeconds, latenessSeconds });
  const queryMs = Math.min(QUERY_MS, received.remainingMs() - RECORD_MS);
  if (queryMs <= 0) return "retry";

  const { messageId } = received;
  const claimedAt = scope.now();
  const lease = { messageId, now: claimedAt, leaseMs: POLL_LEASE_MS };
  const claim = await scope.ledger.claimPoll({ key, poll, ...lease });
  switch (claim.kind) {
    case "claimed":
      break;
    case "stale":
    case "other_owner":
      report(claim.kind, "acknowledged");
      return "acknowledged";
    case "own_lease":
      report(claim.kind, "retry");
      return "retry";
    default:
      return claim satisfies never;
  }
  const { watch } = claim;
  if (claim.reclaimed && (await resumeConclusion(watch, claimedAt, scope))) {
    report("resumed", "concluded");
    return "acknowledged";
  }

  const answer = await askCce(message, queryMs, scope);
  const at = scope.now();
  const observation = answer.kind === "rate_limited" ? null : answer;
  const result: PollResult = {
    watch,
    poll,
    messageId,
    at,
    observation,
    polls: countPollsMade(watch) - (observation === null ? 1 : 0),
    polledAt: observation === null ? watch.polledAt : [...watch.polledAt, at].slice(-POLL_HISTORY),
    leaseUntil: claimedAt + POLL_LEASE_MS,
  };
  const decision = await decideNext(message, result, answer, scope);
  const latenessSeconds = watch.nextPollAt === null ? null : Math.max(0, claimedAt - watch.nextPollAt) / 1000;
  if (decision.kind === "conclude") {
    await concludeWatch(result, decision, scope);
    report(answer.kind, "concluded", null, latenessSeconds);
  } else {
    const rateLimitedUntil = answer.kind === "rate_limited" ? answer.until : (decision.notBefore ?? null);
    await scheduleNextPoll(result, decision, rateLimitedUntil, scope);
    report(answer.kind, "poll_again", decision.delaySeconds, latenessSeconds);
  }
  return "acknowledged";
}

/** An observation of a job, or the later time that the rate limit of the project has reserved for the query to CCE. */
type CceAnswer = Observation | { readonly kind: "rate_limited"; readonly until: Instant };

async function askCce(
  { project, jobId, rateLimitedUntil }: PollMessage,
  timeLimitMs: number,
  { cce, rateLimit, config, now }: PollScope,
): Promise<CceAnswer> {
  const quota = config.settings.poll.queriesPerFiveMinutes;
  const until = rateLimitedUntil ?? (await rateLimit.reserve(project, quota));
  if (until !== null && until - now() > NEGLIGIBLE_WAIT_MS) return { kind: "rate_limited", until };
  const observation = await cce.queryJob({ project, jobId }, { timeLimitMs });
  if (observation.kind === "throttled") rateLimit.onThrottled(project);
  return observation;
}

async function decideNext(
  message: PollMessage,
  { watch, at, polls }: PollResult,
  answer: CceAnswer,
  { config: { settings }, durations, random }: PollScope,
): Promise<PollDecision> {
  const deadlineAt = Math.min(watch.deadlineAt, message.deadlineAt + LOOP_BOUND_MS);
  const bounded = { ...watch, polls, deadlineAt };
  if (answer.kind === "rate_limited") return decideWhenRateLimited(bounded, answer.until, at);
  const jobType = (answer.kind === "job" ? answer.job.type : null) ?? watch.jobType;
  const learned = await durations(watch.project, jobType);
  const times = { durations: learned, now: at };
  return decideAfterPoll({ ...times, watch: bounded, observation: answer, settings, random });
}

/**
 * Sends the next poll message and then records the current poll as done. If the rate limit has postponed the query to
 * CCE, the next poll uses the time that the rate limit has reserved. If CCE asked for a wait that is longer than the
 * longest delay of SQS, the next poll uses the end of this wait.
 */
async function scheduleNextPoll(
  { watch, poll, messageId, at, observation, polledAt }: PollResult,
  decision: Extract<PollDecision, { kind: "poll_again" }>,
  rateLimitedUntil: Instant | null,
  { pollQueue, ledger }: PollScope,
): Promise<void> {
  const { kind: _, delaySeconds, notBefore: __, ...errors } = decision;
  await sendAllOrThrow(pollQueue, [
    createPollMessage({ ...watch, poll: poll + 1 }, delaySeconds, rateLimitedUntil),
  ]);
  const job = observation?.kind === "job" ? observation.job : null;
  await ledger.recordPoll({
    ...errors,
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

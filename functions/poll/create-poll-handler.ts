import type { CceClient } from "../../lib/cce/client.ts";
import type { Config } from "../../lib/config/config.ts";
import type { ConfigSource } from "../../lib/config/config-source.ts";
import type { Instant, Observation } from "../../lib/domain/job.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import { POLL_HISTORY, pollsMade } from "../../lib/ledger/watch.ts";
import { coalesceSends, type Timer } from "../../lib/queue/coalesce-sends.ts";
import { PollMessage, pollMessage } from "../../lib/queue/messages.ts";
import { type Queue, sendAll } from "../../lib/queue/queue.ts";
import type { Disposition, HandleMessage, ReceivedMessage } from "../../lib/runtime/sqs-handler.ts";
import {
  decideAfterPoll,
  decideWhenRateLimited,
  type PollDecision,
} from "../../lib/schedule/poll-decision.ts";
import { createLearnedDurations, type LearnedDurations } from "../shared/learned-durations.ts";
import { type ReadMessagePorts, readMessage } from "../shared/read-message.ts";
import { type ConcludePorts, concludeWatch, type PollResult, resumeConclusion } from "./conclude-watch.ts";
import { logPoll, type PollReport } from "./poll-log.ts";
import { createProjectRateLimit, type ProjectRateLimit } from "./project-rate-limit.ts";

/**
 * Longer than the function's time limit (29 s): while an invocation may still run, no other invocation repeats its
 * poll. Shorter than the queue's visibility timeout: when the message comes back, the lease has ended.
 */
export const POLL_LEASE_MS = 35_000;
/** Time limit for one query of CCE. */
const QUERY_MS = 10_000;
/** Time reserved after the query for sending messages and recording the poll. */
const RECORD_MS = 6_000;
/** A watch ends at most this long after the deadline in its message, even if the ledger has a later deadline. */
const LOOP_BOUND_MS = 7 * 86_400_000;
/** A query that must wait at most this long for the rate limit is made at once. */
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
  /** Delays a send until the other messages of the batch send. The default is the system's timer. */
  readonly timer?: Timer;
  /** Reports what a message led to. By default it is logged and counted. */
  readonly onPoll?: typeof logPoll;
  readonly onDurationsUnread?: (error: unknown) => void;
}

/** Everything that one poll uses. */
interface PollScope extends Omit<PollPorts, "pollQueue" | "configs" | "createCce">, ConcludePorts {
  readonly ledger: PollPorts["ledger"];
  readonly pollQueue: Pick<Queue, "send">;
  readonly cce: Pick<CceClient, "queryJob" | "queryFailedSubjobs">;
  readonly durations: LearnedDurations;
  readonly rateLimit: ProjectRateLimit;
}

/** Creates the handler of the poll queue. All messages of a batch send their next polls in one request. */
export function createPollHandler(ports: PollPorts): (messages: number) => HandleMessage {
  const durations = createLearnedDurations(ports.ledger, ports.now, ports.onDurationsUnread);
  const rateLimit = createProjectRateLimit(ports.ledger, ports.now);
  const clients = new WeakMap<Config, PollScope["cce"]>();
  return (messages) => {
    const pollQueue = coalesceSends(ports.pollQueue, messages, ports.timer);
    return async (received) => {
      try {
        const read = await readMessage(PollMessage, received, { ...ports, queue: ports.pollQueue });
        if (read.kind === "unreadable") return read.disposition;
        const config = await ports.configs.currentWith("projects", read.message.project);
        const cce = clients.get(config) ?? ports.createCce(config);
        clients.set(config, cce);
        const scope = { ...ports, pollQueue, config, cce, durations, rateLimit };
        return await pollJob(read.message, received, scope);
      } finally {
        pollQueue.done();
      }
    };
  };
}

/**
 * Does one poll: claims it, asks CCE, decides, sends the next poll or the notifications, and records the poll as done.
 * A crash at any point leaves a message in a queue or a lease that ends, so a later message continues the watch. The
 * claim refuses a repetition of a poll that is done.
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
    polls: pollsMade(watch) - (observation === null ? 1 : 0),
    polledAt: observation === null ? watch.polledAt : [...watch.polledAt, at].slice(-POLL_HISTORY),
    leaseUntil: claimedAt + POLL_LEASE_MS,
  };
  const decision = await decideNext(message, result, answer, scope);
  const latenessSeconds = watch.nextPollAt === null ? null : Math.max(0, claimedAt - watch.nextPollAt) / 1000;
  if (decision.kind === "conclude") {
    await concludeWatch(result, decision, scope);
    report(answer.kind, "concluded", null, latenessSeconds);
  } else {
    const rateLimitedUntil = answer.kind === "rate_limited" ? answer.until : null;
    await scheduleNextPoll(result, decision, rateLimitedUntil, scope);
    report(answer.kind, "poll_again", decision.delaySeconds, latenessSeconds);
  }
  return "acknowledged";
}

/** An observation, or the time of a later query that the project's rate limit has reserved for this watch. */
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

/** Sends the next poll, and then records this poll as done. The next poll uses the time that this poll reserved. */
async function scheduleNextPoll(
  { watch, poll, messageId, at, observation, polledAt }: PollResult,
  decision: Extract<PollDecision, { kind: "poll_again" }>,
  rateLimitedUntil: Instant | null,
  { pollQueue, ledger }: PollScope,
): Promise<void> {
  const { kind: _, delaySeconds, ...errors } = decision;
  await sendAll(pollQueue, [pollMessage({ ...watch, poll: poll + 1 }, delaySeconds, rateLimitedUntil)]);
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

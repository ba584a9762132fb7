import { type CceClient, QUERY_TIME_LIMIT_MS } from "../../lib/cce/client.ts";
import type { ConfigWithCredentials } from "../../lib/config/config.ts";
import type { ConfigSource } from "../../lib/config/config-source.ts";
import type { Instant, Random } from "../../lib/domain/job.ts";
import { POLL_LEASE_MS } from "../../lib/domain/sqs-limits-and-leases.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import type { PollOfMessage } from "../../lib/ledger/watch-ledger.ts";
import { PollMessage } from "../../lib/queue/messages.ts";
import { createCoalescingSender, type Queue, type Timer } from "../../lib/queue/queue.ts";
import type { Disposition, HandleMessage, ReceivedMessage } from "../../lib/runtime/sqs-handler.ts";
import { concludeIfTooManyUnfinishedTries } from "../../lib/schedule/decide-after-poll.ts";
import { handleMessageOrDeadLetter, type ReadMessagePorts } from "../shared/handle-message-or-dead-letter.ts";
import { createCachedDurationsReaderOrEmpty } from "../shared/learned-durations.ts";
import { createProjectRateLimit } from "../shared/project-rate-limit.ts";
import { type BatchEndWaiter, createBatchEndWaiter } from "./batch-end-waiter.ts";
import {
  type ConcludePorts,
  completeStoredConclusion,
  concludeAndNotifyUnlessStoppedOrRestarted,
} from "./conclude-watch.ts";
import { logAndCountPollMessage, type PollReport } from "./poll-log.ts";
import {
  type ClaimedPoll,
  computeLatestEndOfWatch,
  type MakePollPorts,
  runClaimedPollAndSendMessages,
  toPollResult,
} from "./run-claimed-poll.ts";
import type { SlowJobPorts } from "./slow-job.ts";

/** After the query to CCE, the function needs `RECORD_MS` to send messages and to record the poll. */
const RECORD_MS = 6_000;
/**
 * If two polls of a batch must run alone, the message of the second poll waits in the queue. The wait is random, from
 * `MIN_ALONE_WAIT_SECONDS` to `MAX_ALONE_WAIT_SECONDS`. The wait is longer than the time limit of the function. The
 * batch has therefore ended before SQS delivers the message again.
 */
const MIN_ALONE_WAIT_SECONDS = 30;
const MAX_ALONE_WAIT_SECONDS = 90;
/**
 * After a poll has crashed `TRIES_BEFORE_ALONE` times, the next try of the poll runs alone, after all other polls of
 * the batch. A single crash usually has another cause than the poll, for example a host that AWS stops.
 */
const TRIES_BEFORE_ALONE = 2;
/**
 * The minimum and the maximum wait of a poll message while CCE does not respond for its project, in seconds. The
 * maximum is below 30 s, because the sweep function sends a poll message again when it is 30 s late.
 */
const MIN_UNANSWERED_WAIT_SECONDS = 5;
const MAX_UNANSWERED_WAIT_SECONDS = 20;

export interface PollPorts
  extends Omit<ConcludePorts, "ledger" | "cce" | "config">,
    Omit<ReadMessagePorts, "queue">,
    Pick<SlowJobPorts, "onSlow" | "onSlowSentAgain"> {
  readonly ledger: ConcludePorts["ledger"] &
    SlowJobPorts["ledger"] &
    Pick<Ledger, "claimPoll" | "undoPollClaim" | "recordPoll" | "readDurationCounts" | "reserveRequestTime">;
  readonly pollQueue: Queue;
  readonly configs: Pick<ConfigSource<ConfigWithCredentials>, "currentWith">;
  readonly createCce: (
    config: ConfigWithCredentials,
  ) => Pick<CceClient, "queryJob" | "queryMissingFailureReasons" | "queryResource" | "unansweredWaitMs">;
  readonly random: Random;
  /** The timer for the short delay in which the function collects messages of the batch for one request. */
  readonly timer?: Timer;
  /** Called with the result of each poll message. */
  readonly onPoll?: typeof logAndCountPollMessage;
  readonly onDurationsUnread?: (error: unknown) => void;
}

/** The objects that one poll needs. */
interface PollScope extends MakePollPorts, Pick<PollPorts, "onPoll"> {
  readonly ledger: PollPorts["ledger"];
  readonly pollQueue: Pick<Queue, "send" | "changeVisibility">;
  readonly cce: ReturnType<PollPorts["createCce"]>;
  readonly batchEnd: BatchEndWaiter;
}

/**
 * Creates the handler of messages from the poll queue. One SQS request contains the next poll messages for all jobs of
 * a batch.
 */
export function createPollHandler(ports: PollPorts): (messages: number) => HandleMessage {
  const durations = createCachedDurationsReaderOrEmpty(ports.ledger, ports.now, ports.onDurationsUnread);
  const rateLimit = createProjectRateLimit(ports.ledger, ports.now);
  const clients = new WeakMap<ConfigWithCredentials, PollScope["cce"]>();
  return (messages) => {
    const sender = createCoalescingSender(ports.pollQueue, messages, ports.timer);
    const pollQueue = { ...ports.pollQueue, send: sender.send };
    const batchEnd = createBatchEndWaiter(messages);
    return async (received) => {
      try {
        const readPorts = { ...ports, queue: ports.pollQueue };
        return await handleMessageOrDeadLetter(PollMessage, received, readPorts, async (message) => {
          const config = await ports.configs.currentWith("projects", message.project);
          const cce = clients.get(config) ?? ports.createCce(config);
          clients.set(config, cce);
          const scope = { ...ports, pollQueue, config, cce, batchEnd, durations, rateLimit };
          return pollJob(message, received, scope);
        });
      } finally {
        sender.done();
        batchEnd.done();
      }
    };
  };
}

/**
 * Makes one poll of a job. The function first claims the poll, so that no other queue message starts the same poll.
 * After the claim, the function queries CCE and sends the next poll message or the notifications. Finally, the function
 * records the poll as done. If the function crashes, a later message repeats the poll after the end of the lease.
 */
async function pollJob(
  message: PollMessage,
  received: ReceivedMessage,
  scope: PollScope,
): Promise<Disposition> {
  if (queryTimeMs(received) <= 0) return "retry";
  const { project, jobId, caller, poll } = message;
  const wanted = { key: { project, jobId, caller }, poll, messageId: received.messageId };
  try {
    return await claimAndPoll(message, wanted, received, scope);
  } catch (error) {
    // Without `undoPollClaim`, the next try of the poll would treat the error as a crash of the process.
    await scope.ledger.undoPollClaim(wanted).catch(() => undefined);
    throw error;
  }
}

async function claimAndPoll(
  message: PollMessage,
  wanted: PollOfMessage,
  received: ReceivedMessage,
  scope: PollScope,
): Promise<Disposition> {
  const { ledger, pollQueue, batchEnd, random, onPoll = logAndCountPollMessage } = scope;
  const { key, poll, messageId } = wanted;
  const report = (made: Pick<PollReport, "observation" | "next"> & Partial<PollReport>) =>
    onPoll({ key, poll, resource: null, delaySeconds: null, latenessSeconds: null, ...made });
  const claimedAt = scope.now();
  if (received.receiveCount === 1) {
    const waitSeconds = unansweredWaitSeconds(message, claimedAt, scope);
    if (waitSeconds > 0) {
      await pollQueue.changeVisibility(received.receiptHandle, waitSeconds);
      report({ observation: "project_not_answering", next: "retry" });
      return "retry";
    }
  }
  const claim = await ledger.claimPoll({ ...wanted, now: claimedAt, leaseMs: POLL_LEASE_MS });
  switch (claim.kind) {
    case "claimed":
      break;
    case "stale":
    case "other_owner":
      report({ observation: claim.kind, next: "acknowledged" });
      return "acknowledged";
    case "own_lease":
      report({ observation: claim.kind, next: "retry" });
      return "retry";
    default:
      return claim satisfies never;
  }
  const { watch, unfinishedTries } = claim;
  const claimed: ClaimedPoll = {
    message,
    messageId,
    watch,
    claimedAt,
    leaseUntil: claimedAt + POLL_LEASE_MS,
  };
  if (claim.reclaimed) {
    if (await completeStoredConclusion(watch, claimedAt, scope)) {
      report({ observation: "resumed", next: "concluded" });
      return "acknowledged";
    }
    const tries = { unfinished: unfinishedTries, receives: received.receiveCount };
    const conclusion = concludeIfTooManyUnfinishedTries(
      { ...watch, deadlineAt: computeLatestEndOfWatch(claimed) },
      tries,
      claimedAt,
    );
    if (conclusion !== null) {
      await concludeAndNotifyUnlessStoppedOrRestarted(
        toPollResult(claimed, null, claimedAt),
        conclusion,
        scope,
      );
      report({ observation: "given_up", next: "concluded" });
      return "acknowledged";
    }
  }
  // A poll that crashes the process would also end all other polls of the batch.
  const mayPoll = unfinishedTries < TRIES_BEFORE_ALONE || (await batchEnd.waitUntilAlone());
  const queryMs = queryTimeMs(received);
  if (!mayPoll || queryMs <= 0) {
    await ledger.undoPollClaim(wanted);
    const waitSeconds = MIN_ALONE_WAIT_SECONDS + random() * (MAX_ALONE_WAIT_SECONDS - MIN_ALONE_WAIT_SECONDS);
    await pollQueue.changeVisibility(received.receiptHandle, waitSeconds);
    report({ observation: "must_run_alone", next: "retry" });
    return "retry";
  }
  const latenessSeconds = watch.nextPollAt === null ? null : Math.max(0, claimedAt - watch.nextPollAt) / 1000;
  report({ ...(await runClaimedPollAndSendMessages(claimed, queryMs, scope)), latenessSeconds });
  return "acknowledged";
}

/**
 * Returns the number of seconds for which a poll message must wait. A poll message waits while CCE does not respond to
 * queries of the project. If the result is 0, the poll must start now. The message waits before it claims its poll in
 * the ledger, because the writes of many claims would delay other projects.
 */
function unansweredWaitSeconds(
  { project, deadlineAt }: PollMessage,
  now: Instant,
  { cce, random }: Pick<PollScope, "cce" | "random">,
): number {
  const remainingSeconds = Math.floor((deadlineAt - now) / 1000);
  const unansweredSeconds = cce.unansweredWaitMs(project) / 1000;
  if (unansweredSeconds === 0 || remainingSeconds < MAX_UNANSWERED_WAIT_SECONDS) return 0;
  const spreadSeconds = MAX_UNANSWERED_WAIT_SECONDS - MIN_UNANSWERED_WAIT_SECONDS;
  const waitSeconds = MIN_UNANSWERED_WAIT_SECONDS + random() * spreadSeconds;
  return Math.ceil(Math.min(waitSeconds, unansweredSeconds));
}

function queryTimeMs({ remainingMs }: ReceivedMessage): number {
  return Math.min(QUERY_TIME_LIMIT_MS, remainingMs() - RECORD_MS);
}

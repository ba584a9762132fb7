import type { Instant, Observation } from "../../lib/domain/job.ts";
import type { Watch } from "../../lib/ledger/watch.ts";
import type { WatchLedger } from "../../lib/ledger/watch-ledger.ts";
import { pollMessage } from "../../lib/queue/outgoing-messages.ts";
import { type Queue, sendAll } from "../../lib/queue/queue.ts";
import type { Decision } from "../../lib/schedule/decide.ts";

/** A watch whose conclusion an earlier delivery of this poll may have begun. */
export interface Begun {
  readonly watch: Watch;
  readonly at: Instant;
  /** When the latest polls were made. */
  readonly polledAt: readonly Instant[];
}

/** A poll that was claimed, and what it saw. */
export interface Seen extends Begun {
  readonly poll: number;
  /** Polls made so far, this one included if it was one. */
  readonly polls: number;
  readonly messageId: string;
  /** From here on, somebody else may make this poll. */
  readonly leaseUntil: Instant;
  /** Null where nothing was asked: it only waited for its turn. */
  readonly observation: Observation | null;
}

export interface PassOnPorts {
  readonly ledger: Pick<WatchLedger, "recordPoll">;
  readonly pollQueue: Pick<Queue, "send">;
}

/** Hands the next poll to its queue, with the turn it waits for, and only then records this one as done. */
export async function passOn(
  seen: Seen,
  decision: Extract<Decision, { kind: "poll_again" }>,
  rateLimitedUntil: Instant | null,
  ports: PassOnPorts,
): Promise<void> {
  const { watch, at, observation } = seen;
  const job = observation?.kind === "job" ? observation.job : null;
  const next = { ...watch, poll: seen.poll + 1 };
  await sendAll(ports.pollQueue, [pollMessage(next, decision.delaySeconds, rateLimitedUntil)]);
  await ports.ledger.recordPoll({
    key: { project: watch.project, jobId: watch.jobId },
    poll: seen.poll,
    messageId: seen.messageId,
    at,
    nextPollAt: at + decision.delaySeconds * 1000,
    phase: job?.phase ?? watch.phase,
    jobType: job?.type ?? watch.jobType,
    resourceName: job?.resourceName ?? watch.resourceName,
    accessError: decision.accessError,
    lastPollError: decision.lastPollError,
    consecutiveFailures: decision.consecutiveFailures,
    rateLimited: observation === null,
    polledAt: seen.polledAt,
    tree: job,
  });
}

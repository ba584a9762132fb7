import type { Instant, Observation } from "../../lib/job.ts";
import type { Watch } from "../../lib/ledger/watch.ts";
import type { WatchLedger } from "../../lib/ledger/watch-ledger.ts";
import type { Decision } from "../../lib/poll/decide.ts";
import type { Queue } from "../../lib/queue/queue.ts";
import { lookMessage } from "./messages.ts";
import { sendAll } from "./send-all.ts";

/** A watch whose conclusion an earlier delivery of this look may have begun. */
export interface Begun {
  readonly watch: Watch;
  readonly at: Instant;
  /** When the latest looks were made. */
  readonly lookedAt: readonly Instant[];
}

/** A look that was claimed, and what it saw. */
export interface Seen extends Begun {
  readonly look: number;
  /** Looks made so far, this one included if it was one. */
  readonly looks: number;
  readonly messageId: string;
  /** From here on, somebody else may make this look. */
  readonly leaseUntil: Instant;
  /** Null where nothing was asked: it only waited for its turn. */
  readonly observation: Observation | null;
}

export interface PassOnPorts {
  readonly ledger: Pick<WatchLedger, "recordLook">;
  readonly polls: Pick<Queue, "send">;
}

/** Hands the next look to its queue, with the turn it waits for, and only then records this one as done. */
export async function passOn(
  seen: Seen,
  decision: Extract<Decision, { kind: "look_again" }>,
  slotAt: Instant | null,
  ports: PassOnPorts,
): Promise<void> {
  const { watch, at, observation } = seen;
  const job = observation?.kind === "job" ? observation.job : null;
  const next = { ...watch, look: seen.look + 1 };
  await sendAll(ports.polls, [lookMessage(next, decision.delaySeconds, slotAt)]);
  await ports.ledger.recordLook({
    key: { project: watch.project, jobId: watch.jobId },
    look: seen.look,
    messageId: seen.messageId,
    at,
    nextLookAt: at + decision.delaySeconds * 1000,
    phase: job?.phase ?? watch.phase,
    jobType: job?.type ?? watch.jobType,
    resourceName: job?.resourceName ?? watch.resourceName,
    trouble: decision.trouble,
    silence: decision.silence,
    misses: decision.misses,
    waited: observation === null,
    lookedAt: seen.lookedAt,
    tree: job,
  });
}

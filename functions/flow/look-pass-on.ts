import type { Instant, Job, Observation } from "../../lib/job.ts";
import type { Watch } from "../../lib/ledger/watch.ts";
import type { WatchLedger } from "../../lib/ledger/watch-ledger.ts";
import type { Decision } from "../../lib/poll/decide.ts";
import type { Queue } from "../../lib/queue/queue.ts";
import { lookMessage } from "./messages.ts";
import { sendAll } from "./send-all.ts";

/** A look that was claimed, and what it saw. */
export interface Seen {
  readonly watch: Watch;
  readonly look: number;
  readonly messageId: string;
  readonly observation: Observation;
  readonly at: Instant;
  /** The latest looks, this one included. */
  readonly lookedAt: readonly Instant[];
}

export interface PassOnPorts {
  readonly ledger: Pick<WatchLedger, "recordLook">;
  readonly polls: Pick<Queue, "send">;
}

/** Hands the next look to its queue, and only then records this one as done. */
export async function passOn(
  seen: Seen,
  decision: Extract<Decision, { kind: "look_again" }>,
  { job, slotAt }: { readonly job: Job | null; readonly slotAt: Instant | null },
  ports: PassOnPorts,
): Promise<void> {
  const { watch, at } = seen;
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
    misses: decision.misses,
    lookedAt: seen.lookedAt,
    tree: job,
  });
}

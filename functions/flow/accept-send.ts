import type { Resolved } from "../../lib/api/resolve.ts";
import type { Config } from "../../lib/config.ts";
import type { Instant, Outcome } from "../../lib/job.ts";
import type { Watch } from "../../lib/ledger/watch.ts";
import type { WatchLedger } from "../../lib/ledger/watch-ledger.ts";
import type { Outgoing, Queue } from "../../lib/queue/queue.ts";
import { keptUntil } from "../../lib/retention.ts";
import type { OpenedJob } from "./accept-open.ts";
import { lookMessage, noticeMessage } from "./messages.ts";

/** After so long a sweep verifies that the notices of a concluded watch were told, should this call not send them. */
const VERIFY_AFTER_MS = 600_000;

export interface AcceptSendPorts {
  readonly ledger: Pick<WatchLedger, "revisit">;
  readonly pollQueue: Pick<Queue, "send">;
  readonly notifyQueue: Pick<Queue, "send">;
  readonly config: Config;
  readonly now: Instant;
  readonly onFailure: (what: "send", error: unknown) => void;
}

/** Sends what the opened watches need, and answers the jobs again: `failed` where a message was not confirmed. */
export async function sendForOpened(
  { project }: Resolved,
  opened: readonly OpenedJob[],
  ports: AcceptSendPorts,
): Promise<readonly OpenedJob[]> {
  const looks = opened.map((job) => looksFor(project, job));
  const notices = opened.map((job) => noticesFor(project, job, ports.config));
  const unverified = await revisitConcluded(opened, ports);
  const unsent = new Set([
    ...(await failuresOf(ports.pollQueue, looks.flat(), ports)),
    ...(await failuresOf(ports.notifyQueue, notices.flat(), ports)),
  ]);
  return opened.map((job, i) => {
    const failed =
      unverified.has(job.jobId) ||
      [...(looks[i] ?? []), ...(notices[i] ?? [])].some(({ id }) => unsent.has(id));
    return failed
      ? { jobId: job.jobId, deadlineAt: job.deadlineAt, delaySeconds: job.delaySeconds, kind: "failed" }
      : job;
  });
}

/**
 * A new watch needs its look. Where nobody has claimed one it may be lost: the claim makes a second one harmless. Later a
 * second one is not: it would come before one that waits for its turn, and begin to wait anew.
 */
function looksFor(project: string, job: OpenedJob): Outgoing[] {
  const { jobId, deadlineAt, delaySeconds } = job;
  if (job.kind === "accepted")
    return [lookMessage({ project, jobId, look: job.look, deadlineAt }, delaySeconds)];
  if (job.kind !== "already_watching" || job.watch.state !== "watching") return [];
  const { look, lookAtStart, deadlineAt: until } = job.watch;
  if (look > lookAtStart) return [];
  return [lookMessage({ project, jobId, look: look + 1, deadlineAt: until }, delaySeconds)];
}

/** Targets that joined after the end are told at once, if they want to hear of this outcome. */
function noticesFor(project: string, job: OpenedJob, { targets }: Config): Outgoing[] {
  if (job.kind !== "already_watching") return [];
  const outcome = outcomeOf(job.watch);
  if (outcome === null) return [];
  return job.addedTargets
    .filter((name) => targets[name]?.on.includes(outcome) ?? true)
    .map((target) => noticeMessage({ project, jobId: job.jobId, target, life: job.watch.life }, outcome, 0));
}

function outcomeOf({ state }: Watch): Outcome | null {
  return state === "watching" || state === "stopped" ? null : state;
}

/**
 * A concluded watch is put before the sweep again, and before its notices are sent: were they lost here, no later
 * call would find the targets to be new.
 */
async function revisitConcluded(
  opened: readonly OpenedJob[],
  { ledger, config, now, onFailure }: AcceptSendPorts,
): Promise<ReadonlySet<string>> {
  const failed = new Set<string>();
  await Promise.all(
    opened.map(async (job) => {
      if (job.kind !== "already_watching" || outcomeOf(job.watch) === null) return;
      try {
        const isOwed = job.addedTargets.length > 0;
        const expiresAt = isOwed ? keptUntil(now, config.settings) : null;
        await ledger.revisit(job.watch, now + VERIFY_AFTER_MS, expiresAt);
      } catch (error) {
        onFailure("send", error);
        failed.add(job.jobId);
      }
    }),
  );
  return failed;
}

async function failuresOf(
  queue: Pick<Queue, "send">,
  messages: readonly Outgoing[],
  { onFailure }: AcceptSendPorts,
): Promise<string[]> {
  if (messages.length === 0) return [];
  const failed = (await queue.send(messages)).filter((result) => result.kind === "failed");
  if (failed.length > 0) onFailure("send", new Error(failed.map(({ reason }) => reason).join(", ")));
  return failed.map(({ id }) => id);
}

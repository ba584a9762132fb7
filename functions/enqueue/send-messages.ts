import type { ResolvedSubmission } from "../../lib/api/resolve-submission.ts";
import type { Config } from "../../lib/config/config.ts";
import { keptUntil } from "../../lib/config/retention.ts";
import type { Instant, Outcome } from "../../lib/domain/job.ts";
import type { Watch } from "../../lib/ledger/watch.ts";
import type { WatchLedger } from "../../lib/ledger/watch-ledger.ts";
import { notificationMessage, pollMessage } from "../../lib/queue/outgoing-messages.ts";
import type { OutgoingMessage, Queue } from "../../lib/queue/queue.ts";
import type { OpenedJob } from "./open-watch.ts";

/** After so long a sweep verifies that the notifications of a concluded watch were told, should this call not send them. */
const VERIFY_AFTER_MS = 600_000;

export interface AcceptSendPorts {
  readonly ledger: Pick<WatchLedger, "scheduleSweep">;
  readonly pollQueue: Pick<Queue, "send">;
  readonly notifyQueue: Pick<Queue, "send">;
  readonly config: Config;
  readonly now: Instant;
  readonly onFailure: (what: "send", error: unknown) => void;
}

/** Sends what the opened watches need, and answers the jobs again: `failed` where a message was not confirmed. */
export async function sendForOpened(
  { project }: ResolvedSubmission,
  opened: readonly OpenedJob[],
  ports: AcceptSendPorts,
): Promise<readonly OpenedJob[]> {
  const polls = opened.map((job) => pollsFor(project, job));
  const notifications = opened.map((job) => notificationsFor(project, job, ports.config));
  const unverified = await revisitConcluded(opened, ports);
  const unsent = new Set([
    ...(await failuresOf(ports.pollQueue, polls.flat(), ports)),
    ...(await failuresOf(ports.notifyQueue, notifications.flat(), ports)),
  ]);
  return opened.map((job, i) => {
    const failed =
      unverified.has(job.jobId) ||
      [...(polls[i] ?? []), ...(notifications[i] ?? [])].some(({ id }) => unsent.has(id));
    return failed
      ? { jobId: job.jobId, deadlineAt: job.deadlineAt, delaySeconds: job.delaySeconds, kind: "failed" }
      : job;
  });
}

/**
 * A new watch needs its poll. Where nobody has claimed one it may be lost: the claim makes a second one harmless. Later a
 * second one is not: it would come before one that waits for its turn, and begin to wait anew.
 */
function pollsFor(project: string, job: OpenedJob): OutgoingMessage[] {
  const { jobId, deadlineAt, delaySeconds } = job;
  if (job.kind === "accepted")
    return [pollMessage({ project, jobId, poll: job.poll, deadlineAt }, delaySeconds)];
  if (job.kind !== "already_watching" || job.watch.state !== "watching") return [];
  const { poll, previousPolls: pollAtStart, deadlineAt: until } = job.watch;
  if (poll > pollAtStart) return [];
  return [pollMessage({ project, jobId, poll: poll + 1, deadlineAt: until }, delaySeconds)];
}

/** Targets that joined after the end are told at once, if they want to hear of this outcome. */
function notificationsFor(project: string, job: OpenedJob, { targets }: Config): OutgoingMessage[] {
  if (job.kind !== "already_watching") return [];
  const outcome = outcomeOf(job.watch);
  if (outcome === null) return [];
  return job.addedTargets
    .filter((name) => targets[name]?.on.includes(outcome) ?? true)
    .map((target) =>
      notificationMessage(
        { project, jobId: job.jobId, target, generation: job.watch.generation },
        outcome,
        0,
      ),
    );
}

function outcomeOf({ state }: Watch): Outcome | null {
  return state === "watching" || state === "stopped" ? null : state;
}

/**
 * A concluded watch is put before the sweep again, and before its notifications are sent: were they lost here, no later
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
        await ledger.scheduleSweep(job.watch, now + VERIFY_AFTER_MS, expiresAt);
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
  messages: readonly OutgoingMessage[],
  { onFailure }: AcceptSendPorts,
): Promise<string[]> {
  if (messages.length === 0) return [];
  const failed = (await queue.send(messages)).filter((result) => result.kind === "failed");
  if (failed.length > 0) onFailure("send", new Error(failed.map(({ reason }) => reason).join(", ")));
  return failed.map(({ id }) => id);
}

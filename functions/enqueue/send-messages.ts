import type { Config } from "../../lib/config/config.ts";
import { computeLedgerExpiryTime } from "../../lib/config/retention.ts";
import type { Outcome } from "../../lib/domain/job.ts";
import type { Watch } from "../../lib/ledger/watch.ts";
import { notificationMessage, pollMessage } from "../../lib/queue/messages.ts";
import type { OutgoingMessage, Queue } from "../../lib/queue/queue.ts";
import { type AcceptPorts, logAcceptFailure, type OpenedJob } from "./open-watches.ts";

/** A sweep checks the notifications of an ended watch after this time, because this call may fail to send them. */
const SWEEP_DELAY_MS = 600_000;

/** Sends the polls and notifications of the opened watches. A job becomes `failed` when SQS does not confirm one. */
export async function sendMessages(
  project: string,
  opened: readonly OpenedJob[],
  ports: AcceptPorts,
): Promise<readonly OpenedJob[]> {
  const jobs = opened.map((job) => ({
    job,
    polls: pollsFor(project, job),
    notifications: notificationsFor(project, job, ports.config),
  }));
  const unscheduled = await scheduleSweeps(opened, ports);
  const polls = jobs.flatMap((entry) => entry.polls);
  const notifications = jobs.flatMap((entry) => entry.notifications);
  const unsent = new Set([
    ...(await send(ports.pollQueue, polls, ports)),
    ...(await send(ports.notifyQueue, notifications, ports)),
  ]);
  return jobs.map(({ job, ...own }) => {
    const isSent = [...own.polls, ...own.notifications].every(({ id }) => !unsent.has(id));
    return isSent && !unscheduled.has(job.jobId) ? job : { ...job, kind: "failed" };
  });
}

/**
 * Returns the first poll of a watch. The first poll of an existing watch is sent again until a poll was claimed,
 * because its message may be lost. After a claim no second message is sent: it could come before a poll that waits
 * for the rate limit, and would then wait again.
 */
function pollsFor(project: string, job: OpenedJob): OutgoingMessage[] {
  const { jobId, deadlineAt, delaySeconds } = job;
  if (job.kind === "accepted")
    return [pollMessage({ project, jobId, poll: job.poll, deadlineAt }, delaySeconds)];
  if (job.kind !== "already_watching" || job.watch.state !== "watching") return [];
  const { poll, previousPolls } = job.watch;
  if (poll > previousPolls) return [];
  return [pollMessage({ project, jobId, poll: poll + 1, deadlineAt: job.watch.deadlineAt }, delaySeconds)];
}

/** Returns the notifications for targets that this call adds to an ended watch, if their `on` lists the outcome. */
function notificationsFor(project: string, job: OpenedJob, { targets }: Config): OutgoingMessage[] {
  if (job.kind !== "already_watching") return [];
  const { jobId, addedTargets, watch } = job;
  const outcome = outcomeOf(watch);
  if (outcome === null) return [];
  return addedTargets
    .filter((name) => targets[name]?.on.includes(outcome) ?? true)
    .map((target) =>
      notificationMessage({ project, jobId, target, generation: watch.generation }, outcome, 0),
    );
}

function outcomeOf({ state }: Watch): Outcome | null {
  return state === "watching" || state === "stopped" ? null : state;
}

/**
 * Schedules a sweep for each ended watch before its notifications are sent. A later call could not send a lost
 * notification again, because the target would no longer be new. Returns the IDs of the jobs that failed.
 */
async function scheduleSweeps(
  opened: readonly OpenedJob[],
  { ledger, config, now, onFailure = logAcceptFailure }: AcceptPorts,
): Promise<ReadonlySet<string>> {
  const failed = new Set<string>();
  await Promise.all(
    opened.map(async (job) => {
      if (job.kind !== "already_watching" || outcomeOf(job.watch) === null) return;
      const expiresAt = job.addedTargets.length === 0 ? null : computeLedgerExpiryTime(now, config.settings);
      try {
        await ledger.scheduleSweep(job.watch, now + SWEEP_DELAY_MS, expiresAt);
      } catch (error) {
        onFailure("send", error);
        failed.add(job.jobId);
      }
    }),
  );
  return failed;
}

/** Returns the IDs of the messages that were not confirmed. */
async function send(
  queue: Pick<Queue, "send">,
  messages: readonly OutgoingMessage[],
  { onFailure = logAcceptFailure }: AcceptPorts,
): Promise<string[]> {
  if (messages.length === 0) return [];
  const failed = (await queue.send(messages)).filter((result) => result.kind === "failed");
  if (failed.length > 0) onFailure("send", new Error(failed.map(({ reason }) => reason).join(", ")));
  return failed.map(({ id }) => id);
}

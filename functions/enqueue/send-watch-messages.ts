import type { ResolvedSubmission } from "../../lib/api/resolve-submission.ts";
import type { Config } from "../../lib/config/config.ts";
import { computeExpiryAsLaterOfRetentionAndRetries } from "../../lib/config/retention.ts";
import type { Outcome, WatchKey } from "../../lib/domain/job.ts";
import { createNotificationKey } from "../../lib/ledger/notification.ts";
import type { Watch } from "../../lib/ledger/watch.ts";
import {
  createNotificationMessage,
  createPollMessage,
  recreateFirstPollMessageIfUnclaimed,
} from "../../lib/queue/messages.ts";
import type { OutgoingMessage, Queue } from "../../lib/queue/queue.ts";
import { type AcceptPorts, logAcceptFailure, type OpenedJob } from "./start-or-extend-watches.ts";

/**
 * The time after which the sweep function checks the notifications of an ended watch. The sweep function sends lost
 * messages again. For example, a crash of the function can lose notifications before they are in the queue.
 */
const SWEEP_DELAY_MS = 600_000;

/**
 * Sends the poll messages and the notifications for the watches of an API call. If SQS does not confirm all messages of
 * a job, the result for this job is `failed`.
 */
export async function sendPollsAndNotificationsOrMarkFailed(
  { project, caller }: Pick<ResolvedSubmission, "project" | "caller">,
  opened: readonly OpenedJob[],
  ports: AcceptPorts,
): Promise<readonly OpenedJob[]> {
  const jobs = opened.map((job) => ({
    job,
    polls: pollsFor({ project, jobId: job.jobId, caller }, job, ports),
    notifications: notificationsFor(job, ports.config),
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
 * Returns the message for the first poll of a job. If a poll of the job has already started, returns an empty array.
 */
function pollsFor(
  key: WatchKey,
  job: OpenedJob,
  { traceparent }: Pick<AcceptPorts, "traceparent">,
): OutgoingMessage[] {
  const { deadlineAt, delaySeconds } = job;
  if (job.kind === "accepted")
    return [createPollMessage({ ...key, poll: job.poll, deadlineAt, traceparent }, delaySeconds)];
  const message =
    job.kind === "already_watching" ? recreateFirstPollMessageIfUnclaimed(job.watch, delaySeconds) : null;
  return message === null ? [] : [message];
}

/**
 * If a call adds targets to an ended watch, returns the notifications to the added targets. A target gets a
 * notification only if its setting `on` contains the outcome.
 */
function notificationsFor(job: OpenedJob, { targets }: Config): OutgoingMessage[] {
  if (job.kind !== "already_watching") return [];
  const { addedTargets, watch, generations } = job;
  const outcome = outcomeOf(watch);
  if (outcome === null) return [];
  return addedTargets
    .filter((name) => targets[name]?.on.includes(outcome) ?? true)
    .map((target) =>
      createNotificationMessage(
        watch,
        createNotificationKey(watch, generations, `job.${outcome}`, target),
        outcome,
        0,
      ),
    );
}

function outcomeOf({ state }: Watch): Outcome | null {
  return state === "watching" || state === "stopped" ? null : state;
}

/**
 * Plans a check of each ended watch by the sweep function. The caller must call this function before it sends the
 * notifications. If a notification is lost, only the sweep function sends it again.
 * @returns the jobs for which the function could not plan the check
 */
async function scheduleSweeps(
  opened: readonly OpenedJob[],
  { ledger, config, now, onFailure = logAcceptFailure }: AcceptPorts,
): Promise<ReadonlySet<string>> {
  const failed = new Set<string>();
  await Promise.all(
    opened.map(async (job) => {
      if (job.kind !== "already_watching" || outcomeOf(job.watch) === null) return;
      const expiresAt =
        job.addedTargets.length === 0
          ? null
          : computeExpiryAsLaterOfRetentionAndRetries(now, config.settings);
      try {
        await ledger.scheduleSweepByAndExtendExpiry(job.watch, now + SWEEP_DELAY_MS, expiresAt);
      } catch (error) {
        onFailure("send", error);
        failed.add(job.jobId);
      }
    }),
  );
  return failed;
}

/** Sends messages and returns the IDs that the queue did not confirm. */
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

import type { Config } from "../../lib/config/config.ts";
import type { Clock } from "../../lib/domain/job.ts";
import type { Digest, Ledger } from "../../lib/ledger/ledger.ts";
import { createNotificationKey, type DeliveryRecord } from "../../lib/ledger/notification.ts";
import type { Watch, WatchDocument } from "../../lib/ledger/watch.ts";
import {
  isDeliveredOrDeadLettered,
  notificationOverdueAt,
  pollOverdueAt,
  STUCK_MS,
} from "../../lib/ledger/watch-deliveries-and-overdue-times.ts";
import type { OverdueEntry } from "../../lib/ledger/watch-ledger.ts";
import {
  createDigestMessage,
  createNotificationMessage,
  createPollMessage,
} from "../../lib/queue/messages.ts";
import { type Queue, sendAllOrThrow } from "../../lib/queue/queue.ts";
import {
  createDigestNotificationKey,
  listDigestTargetsOfWatch,
  listResendableNotificationsOfSlowJob,
  type ResendableNotification,
  splitTargetsToNotify,
} from "../shared/targets-to-notify-and-digests.ts";

const MINUTE_MS = 60_000;
/**
 * If the sweep function has sent a message of a watch again, the next check of the watch is due after `DUE_AGAIN_MS`.
 * `DUE_AGAIN_MS` is shorter than the five minutes between two runs. If the message that was sent again has no effect,
 * each later run finds the watch again. An alarm counts these runs.
 */
const DUE_AGAIN_MS = 4 * MINUTE_MS;
/**
 * If a poll has started and is not done, the sweep function delays the message for the poll by `LEASE_WAIT_SECONDS`.
 * The delay is longer than the lease of a poll (`POLL_LEASE_MS`). The reason: the service ignores a message that
 * arrives during the lease.
 */
const LEASE_WAIT_SECONDS = 36;
export interface SweepWatchPorts {
  readonly ledger: Pick<
    Ledger,
    "rescheduleSweepIfUnchanged" | "readWatchDocumentOrNull" | "readDeliveryOrPendingRecord" | "readDigest"
  >;
  readonly pollQueue: Pick<Queue, "send">;
  readonly notifyQueue: Pick<Queue, "send">;
  readonly now: Clock;
  readonly config: Config;
  /**
   * The bodies of the notification messages that this run has already sent. Several watches can belong to one digest,
   * but the run must send the digest only once.
   */
  readonly sent: Set<string>;
}

/** How many poll messages and notifications the function has sent again. */
export interface SentAgain {
  readonly polls: number;
  readonly notifications: number;
  /** The number of messages that the function sent again at least 15 minutes after their planned time. */
  readonly stuck: number;
}

/**
 * The numbers of messages of one watch that the sweep function has sent again. `traceparent` is the trace context of
 * the watch.
 */
export type SentAgainOfWatch = SentAgain & Pick<Watch, "traceparent">;

/**
 * Sends the overdue messages of a watch again, and plans the next check of the watch. If no message can become overdue
 * any more, the function removes the watch from the overdue index.
 * @throws SendFailedError or an error of the ledger. Before the function throws, it tries to postpone the next check of
 * the watch.
 */
export async function resendOverdueMessagesAndReschedule(
  entry: OverdueEntry,
  ports: SweepWatchPorts,
): Promise<SentAgainOfWatch> {
  try {
    return await sendOverdue(entry, ports);
  } catch (error) {
    // Without a later time, a watch that fails in every run would block the other watches in the overdue index.
    await ports.ledger.rescheduleSweepIfUnchanged(entry, ports.now() + DUE_AGAIN_MS).catch(() => undefined);
    throw error;
  }
}

async function sendOverdue(entry: OverdueEntry, ports: SweepWatchPorts): Promise<SentAgainOfWatch> {
  const { ledger, pollQueue, now } = ports;
  const document = await ledger.readWatchDocumentOrNull(entry);
  const traceparent = document?.watch.traceparent ?? null;
  if (document?.watch.state === "watching") {
    const { poll, pollDone, nextPollAt } = document.watch;
    // The overdue index is eventually consistent, so it may return a watch that is no longer overdue.
    if (nextPollAt !== null && pollOverdueAt(nextPollAt) >= now())
      return { polls: 0, notifications: 0, stuck: 0, traceparent };
    const due = { ...document.watch, poll: pollDone ? poll + 1 : poll };
    await sendAllOrThrow(pollQueue, [createPollMessage(due, pollDone ? 0 : LEASE_WAIT_SECONDS)]);
    await ledger.rescheduleSweepIfUnchanged(entry, now() + DUE_AGAIN_MS);
    const isStuck = nextPollAt !== null && nextPollAt + STUCK_MS <= now();
    return { polls: 1, notifications: 0, stuck: isStuck ? 1 : 0, traceparent };
  }
  if (document === null || document.watch.state === "stopped" || document.summary === null) {
    await ledger.rescheduleSweepIfUnchanged(entry, null);
    return { polls: 0, notifications: 0, stuck: 0, traceparent };
  }
  return { ...(await sendNotifications(entry, document, document.summary.outcome, ports)), traceparent };
}

/**
 * Sends the overdue notifications of an ended watch again. If all notifications are finished, the function removes the
 * watch from the overdue index.
 */
async function sendNotifications(
  entry: OverdueEntry,
  document: WatchDocument,
  outcome: NonNullable<WatchDocument["summary"]>["outcome"],
  ports: SweepWatchPorts,
): Promise<SentAgain> {
  const { watch, generations } = document;
  const deliveries = document.deliveries.filter(({ event }) => event !== "job.slow");
  const { ledger, notifyQueue, config, sent } = ports;
  const now = ports.now();
  const digest = watch.digestId === null ? null : await ledger.readDigest(watch.digestId);
  const { own, byDigest } = splitTargetsToNotify(
    { targets: watch.targets, digestTargets: listDigestTargetsOfWatch(digest, watch) },
    outcome,
    config.targets,
  );
  // A caller may request a redelivery even to a target whose setting `on` does not contain the outcome.
  const redelivered = deliveries
    .filter(({ target, redelivery }) => redelivery > 0 && !own.includes(target))
    .map(({ target }) => target);
  const ownNotifications = [...own, ...redelivered].map((target): ResendableNotification => {
    const delivery = deliveries.find((known) => known.target === target) ?? null;
    const key = createNotificationKey(watch, generations, `job.${outcome}`, target);
    return { delivery, message: createNotificationMessage(watch, key, outcome, delivery?.redelivery ?? 0) };
  });
  const digestNotifications = await readDigestNotifications(watch, byDigest, digest, ledger);
  const slowNotifications = listResendableNotificationsOfSlowJob(document, config.targets);
  const open = [...ownNotifications, ...slowNotifications, ...(digestNotifications ?? [])].filter(
    ({ delivery }) => !isDeliveredOrDeadLettered(delivery),
  );
  const overdueAt = (delivery: DeliveryRecord | null) => notificationOverdueAt(delivery, 0);
  const overdue = open.filter(({ delivery }) => overdueAt(delivery) < now);
  const unsent = overdue.filter(({ message }) => !sent.has(message.body));
  for (const { message } of unsent) sent.add(message.body);
  await sendAllOrThrow(
    notifyQueue,
    unsent.map(({ message }) => message),
  );
  const dueTimes = open.map(({ delivery }) => Math.max(now + DUE_AGAIN_MS, overdueAt(delivery)));
  if (digestNotifications === null) dueTimes.push(now + DUE_AGAIN_MS);
  await ledger.rescheduleSweepIfUnchanged(entry, dueTimes.length === 0 ? null : Math.min(...dueTimes));
  const plannedAt = (delivery: DeliveryRecord | null) => delivery?.nextAttemptAt ?? watch.concludedAt ?? 0;
  const stuck = unsent.filter(({ delivery }) => plannedAt(delivery) + STUCK_MS <= now);
  return { polls: 0, notifications: unsent.length, stuck: stuck.length };
}

/**
 * Reads the notifications of the digest (one message about several jobs) to which a watch belongs. If a job of the
 * digest is still running, the result is null. The function reads each watch in the list again, because a later call
 * may have stopped or restarted the watch.
 */
async function readDigestNotifications(
  { digestId, traceparent }: Watch,
  targets: readonly string[],
  digest: Digest | null,
  ledger: Pick<Ledger, "readWatchDocumentOrNull" | "readDeliveryOrPendingRecord">,
): Promise<readonly ResendableNotification[] | null> {
  if (digestId === null || digest === null || targets.length === 0) return [];
  for (const job of digest.running) {
    const member = (await ledger.readWatchDocumentOrNull({ ...job, caller: digest.caller }))?.watch;
    if (member?.state === "watching" && member.digestId === digestId) return null;
  }
  return Promise.all(
    targets.map(async (target) => ({
      delivery: await ledger.readDeliveryOrPendingRecord(createDigestNotificationKey(digestId, target)),
      message: createDigestMessage(digestId, target, traceparent),
    })),
  );
}

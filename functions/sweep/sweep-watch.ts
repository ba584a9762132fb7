import type { Config } from "../../lib/config/config.ts";
import type { Instant } from "../../lib/domain/job.ts";
import type { Digest, Ledger } from "../../lib/ledger/ledger.ts";
import { createNotificationKey, type DeliveryRecord } from "../../lib/ledger/notification.ts";
import { pollOverdueAt, STUCK_MS, type Watch, type WatchDocument } from "../../lib/ledger/watch.ts";
import { isDeliveryFinal, notificationOverdueAt } from "../../lib/ledger/watch-deliveries.ts";
import type { OverdueEntry } from "../../lib/ledger/watch-ledger.ts";
import {
  createDigestMessage,
  createNotificationMessage,
  createPollMessage,
} from "../../lib/queue/messages.ts";
import { type Queue, sendAllOrThrow } from "../../lib/queue/queue.ts";
import {
  createDigestNotificationKey,
  listDigestTargets,
  listResendableSlowNotifications,
  type ResendableNotification,
  splitTargetsToNotify,
} from "../shared/notification-targets.ts";

const MINUTE_MS = 60_000;
/**
 * After the sweep function has sent a message of a watch again, the sweep function checks the watch again after four
 * minutes. The sweep function runs every five minutes for up to one minute, so every run finds each watch that makes no
 * progress. An alarm counts the runs that find a watch without progress.
 */
const DUE_AGAIN_MS = 4 * MINUTE_MS;
/**
 * The delay of a repeated message for a poll that has started and is not done. The delay is longer than the lease of
 * the poll (`POLL_LEASE_MS`), because the poll function acknowledges a repeated message as a duplicate until the lease
 * ends.
 */
const LEASE_WAIT_SECONDS = 36;
/** The functions, services and data that one run of the sweep function uses for each watch. */
export interface SweepWatchPorts {
  readonly ledger: Pick<Ledger, "rescheduleSweep" | "readWatch" | "readDelivery" | "readDigest">;
  readonly pollQueue: Pick<Queue, "send">;
  readonly notifyQueue: Pick<Queue, "send">;
  readonly now: () => Instant;
  readonly config: Config;
  /**
   * The message bodies of the notifications that this run of the sweep function has sent. The set ensures that the
   * watches of one digest send the digest message only once.
   */
  readonly sent: Set<string>;
}

/** The numbers of poll messages and notifications that the sweep function has sent again. */
export interface SentAgain {
  readonly polls: number;
  readonly notifications: number;
  /** The number of sent messages whose poll or notification is late by at least a quarter of an hour. */
  readonly stuck: number;
}

/**
 * The numbers of messages that the sweep function has sent again for one watch, and the W3C trace context of the watch.
 */
export type SentAgainOfWatch = SentAgain & Pick<Watch, "traceparent">;

/**
 * Sends the overdue messages of one watch again, and schedules the next check of the watch. If no message of the watch
 * can become overdue, the function removes the watch from the index of overdue watches.
 * @throws SendFailedError or an error of the ledger. If possible, the function schedules a later check of the watch
 * before it throws the error.
 */
export async function sweepWatch(entry: OverdueEntry, ports: SweepWatchPorts): Promise<SentAgainOfWatch> {
  try {
    return await sendOverdue(entry, ports);
  } catch (error) {
    // A watch that fails in every run of the sweep function must not block the other overdue watches in the index.
    await ports.ledger.rescheduleSweep(entry, ports.now() + DUE_AGAIN_MS).catch(() => undefined);
    throw error;
  }
}

async function sendOverdue(entry: OverdueEntry, ports: SweepWatchPorts): Promise<SentAgainOfWatch> {
  const { ledger, pollQueue, now } = ports;
  const document = await ledger.readWatch(entry);
  const traceparent = document?.watch.traceparent ?? null;
  if (document?.watch.state === "watching") {
    const { poll, pollDone, nextPollAt } = document.watch;
    // The index of overdue watches is eventually consistent, so the index may still list a watch whose poll was made
    // meanwhile.
    if (nextPollAt !== null && pollOverdueAt(nextPollAt) >= now())
      return { polls: 0, notifications: 0, stuck: 0, traceparent };
    const due = { ...document.watch, poll: pollDone ? poll + 1 : poll };
    await sendAllOrThrow(pollQueue, [createPollMessage(due, pollDone ? 0 : LEASE_WAIT_SECONDS)]);
    await ledger.rescheduleSweep(entry, now() + DUE_AGAIN_MS);
    const isStuck = nextPollAt !== null && nextPollAt + STUCK_MS <= now();
    return { polls: 1, notifications: 0, stuck: isStuck ? 1 : 0, traceparent };
  }
  if (document === null || document.watch.state === "stopped" || document.summary === null) {
    await ledger.rescheduleSweep(entry, null);
    return { polls: 0, notifications: 0, stuck: 0, traceparent };
  }
  return { ...(await sendNotifications(entry, document, document.summary.outcome, ports)), traceparent };
}

/**
 * Sends the overdue notifications of an ended watch again. If each notification of the watch was delivered or has
 * finally failed, the function removes the watch from the index of overdue watches.
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
    { targets: watch.targets, digestTargets: listDigestTargets(digest, watch) },
    outcome,
    config.targets,
  );
  // A caller may request a redelivery to a target even if the setting `on` of the target does not list the outcome of
  // the job.
  const redelivered = deliveries
    .filter(({ target, redelivery }) => redelivery > 0 && !own.includes(target))
    .map(({ target }) => target);
  const ownNotifications = [...own, ...redelivered].map((target): ResendableNotification => {
    const delivery = deliveries.find((known) => known.target === target) ?? null;
    const key = createNotificationKey(watch, generations, `job.${outcome}`, target);
    return { delivery, message: createNotificationMessage(watch, key, outcome, delivery?.redelivery ?? 0) };
  });
  const digestNotifications = await readDigestNotifications(watch, byDigest, digest, ledger);
  const slowNotifications = listResendableSlowNotifications(document, config.targets);
  const open = [...ownNotifications, ...slowNotifications, ...(digestNotifications ?? [])].filter(
    ({ delivery }) => !isDeliveryFinal(delivery),
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
  await ledger.rescheduleSweep(entry, dueTimes.length === 0 ? null : Math.min(...dueTimes));
  const plannedAt = (delivery: DeliveryRecord | null) => delivery?.nextAttemptAt ?? watch.concludedAt ?? 0;
  const stuck = unsent.filter(({ delivery }) => plannedAt(delivery) + STUCK_MS <= now);
  return { polls: 0, notifications: unsent.length, stuck: stuck.length };
}

/**
 * Reads the notifications of the digest (one message about several jobs) to which a watch belongs. Returns null while a
 * job of the digest is running, because the digest message is sent after the last job has ended. The function checks
 * each watch in the digest's list of running watches, because a later call may have stopped or restarted the watch.
 */
async function readDigestNotifications(
  { digestId, traceparent }: Watch,
  targets: readonly string[],
  digest: Digest | null,
  ledger: Pick<Ledger, "readWatch" | "readDelivery">,
): Promise<readonly ResendableNotification[] | null> {
  if (digestId === null || digest === null || targets.length === 0) return [];
  for (const job of digest.running) {
    const member = (await ledger.readWatch({ ...job, caller: digest.caller }))?.watch;
    if (member?.state === "watching" && member.digestId === digestId) return null;
  }
  return Promise.all(
    targets.map(async (target) => ({
      delivery: await ledger.readDelivery(createDigestNotificationKey(digestId, target)),
      message: createDigestMessage(digestId, target, traceparent),
    })),
  );
}

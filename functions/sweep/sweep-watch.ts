import type { Config } from "../../lib/config/config.ts";
import type { Instant } from "../../lib/domain/job.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import type { DeliveryRecord } from "../../lib/ledger/notification-ledger.ts";
import type { OverdueEntry, WatchDocument } from "../../lib/ledger/watch-ledger.ts";
import { notificationMessage, pollMessage } from "../../lib/queue/outgoing-messages.ts";
import { type Queue, sendAll } from "../../lib/queue/queue.ts";
import { digestTargetsOf, notificationTargets } from "../shared/notification-targets.ts";
import { digestStandings } from "./sweep-digest.ts";

const MINUTE_MS = 60_000;
/**
 * What was sent again is left alone until the next run, five minutes on: less than that by all that a run may take, so
 * that what does not move is found by every run, and counted by each. Alarms tell it by that from what was mended.
 */
const POSTPONE_MS = 4 * MINUTE_MS;
/**
 * A poll that was claimed and is not done may be leased still (see `POLL_LEASE_MS`). Sent at once it would be taken
 * for a copy, and acknowledged, although the message that holds the lease may be the one that was lost.
 */
const LEASE_PASSES_SECONDS = 36;
/** How long after its due time a notification's own message may still be on its way. */
const NOTIFICATION_SLACK_MS = 4 * MINUTE_MS;

export interface SweepWatchPorts {
  readonly ledger: Pick<Ledger, "rescheduleSweep" | "readWatch" | "readDelivery" | "readDigest">;
  readonly pollQueue: Pick<Queue, "send">;
  readonly notifications: Pick<Queue, "send">;
  readonly config: Config;
  readonly now: () => Instant;
  /** What this run has sent for notifications. Each job of a digest finds it unclaimed, and one message is enough. */
  readonly sent: Set<string>;
}

export interface SentAgain {
  readonly polls: number;
  readonly notifications: number;
}

const NOTHING: SentAgain = { polls: 0, notifications: 0 };

/** Looks after one overdue watch, and moves it in the index, or takes it out when nothing is left to look after. */
export async function sweepWatch(entry: OverdueEntry, ports: SweepWatchPorts): Promise<SentAgain> {
  try {
    return await checkWatch(entry, ports);
  } catch (error) {
    // What fails at every run would stay at the top of the index, before all that is overdue behind it. That it could
    // not be put later either is told by the error that brought it here.
    await ports.ledger.rescheduleSweep(entry, ports.now() + POSTPONE_MS).catch(() => undefined);
    throw error;
  }
}

async function checkWatch(entry: OverdueEntry, ports: SweepWatchPorts): Promise<SentAgain> {
  const document = await ports.ledger.readWatch(entry);
  const state = document?.watch.state;
  if (document === null || state === "stopped") {
    await ports.ledger.rescheduleSweep(entry, null);
    return NOTHING;
  }
  if (state === "watching") {
    const { poll, pollDone } = document.watch;
    await sendAll(ports.pollQueue, [
      pollMessage(
        { ...document.watch, poll: pollDone ? poll + 1 : poll },
        pollDone ? 0 : LEASE_PASSES_SECONDS,
      ),
    ]);
    await ports.ledger.rescheduleSweep(entry, ports.now() + POSTPONE_MS);
    return { polls: 1, notifications: 0 };
  }
  return checkNotifications(entry, document, ports);
}

/** A watch that is over leaves the index when every notification of it has reached its end. */
async function checkNotifications(
  entry: OverdueEntry,
  document: WatchDocument,
  ports: SweepWatchPorts,
): Promise<SentAgain> {
  const { watch, summary: conclusion } = document;
  if (conclusion === null) {
    await ports.ledger.rescheduleSweep(entry, null);
    return NOTHING;
  }
  const now = ports.now();
  const digest = watch.digestId === null ? null : await ports.ledger.readDigest(watch.digestId);
  const { own, byDigest } = notificationTargets(
    { targets: watch.targets, digestTargets: digestTargetsOf(digest, watch) },
    conclusion.outcome,
    ports.config.targets,
  );
  // Redelivered is also what a caller named although the target does not ask for this outcome.
  const redelivered = document.deliveries
    .filter(({ target, redelivery }) => redelivery > 0 && !own.includes(target))
    .map(({ target }) => target);
  const digested = await digestStandings(watch, byDigest, digest, ports);
  const standings = [
    ...[...own, ...redelivered].map((target) => {
      const delivery = document.deliveries.find((known) => known.target === target) ?? null;
      const message = notificationMessage(
        { ...entry, target, generation: watch.generation },
        conclusion.outcome,
        delivery?.redelivery ?? 0,
      );
      return { delivery, message };
    }),
    ...digested.standings,
  ];
  const open = standings.filter(({ delivery }) => !isSettled(delivery));
  const lost = open.filter(({ delivery }) => (delivery?.nextAttemptAt ?? 0) + NOTIFICATION_SLACK_MS < now);
  const unsent = lost.filter(({ message }) => !ports.sent.has(message.body));
  for (const { message } of unsent) ports.sent.add(message.body);
  await sendAll(
    ports.notifications,
    unsent.map(({ message }) => message),
  );
  const wakeAt = Math.min(
    digested.kind === "running" ? now + POSTPONE_MS : Number.POSITIVE_INFINITY,
    ...open.map(({ delivery }) =>
      Math.max(now + POSTPONE_MS, (delivery?.nextAttemptAt ?? 0) + NOTIFICATION_SLACK_MS),
    ),
  );
  await ports.ledger.rescheduleSweep(entry, Number.isFinite(wakeAt) ? wakeAt : null);
  return { polls: 0, notifications: unsent.length };
}

function isSettled(delivery: DeliveryRecord | null): boolean {
  if (delivery === null || delivery.state === "pending") return false;
  return delivery.state === "delivered" || delivery.deadLettered;
}

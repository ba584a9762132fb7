import { isCallbackName } from "../../lib/channels/webhook/target.ts";
import type { Config } from "../../lib/config/config.ts";
import { computeLedgerExpiryTime } from "../../lib/config/ledger-expiry.ts";
import type { Instant, Outcome } from "../../lib/domain/job.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import { notificationKey } from "../../lib/ledger/notification.ts";
import { deliveriesOverdueAt } from "../../lib/ledger/overdue-times.ts";
import type { WatchDocument } from "../../lib/ledger/watch.ts";
import { createNotificationMessage } from "../../lib/queue/messages.ts";
import type { Queue } from "../../lib/queue/queue.ts";

interface QueueAgainPorts {
  readonly ledger: Pick<Ledger, "scheduleSweep" | "startRedelivery">;
  readonly notifyQueue: Pick<Queue, "send">;
}

/** For each target, whether its notification was queued again, by this call or by another call at the same time. */
type QueuedAgain = ReadonlyMap<string, "queued" | "queued_by_another" | "failed">;

/**
 * Queues the notifications of an ended watch to some targets again, each with a new redelivery number. If another call
 * has started a redelivery since the watch was read, the notification is not queued a second time.
 */
export async function queueAgain(
  { watch, generations, deliveries }: Pick<WatchDocument, "watch" | "generations" | "deliveries">,
  outcome: Outcome,
  targets: readonly string[],
  { settings, now }: { readonly settings: Config["settings"]; readonly now: Instant },
  { ledger, notifyQueue }: QueueAgainPorts,
): Promise<QueuedAgain> {
  if (targets.length === 0) return new Map();
  const expiresAt = computeLedgerExpiryTime(now, settings);
  // Before the messages are sent, the watch is added to the index that the sweep function reads. The sweep function
  // then finds notifications whose messages were lost.
  await ledger.scheduleSweep(watch, deliveriesOverdueAt(now), expiresAt);
  const started = await Promise.all(
    targets.map(async (target) => {
      const key = notificationKey(watch, generations, `job.${outcome}`, target);
      const latest = deliveries.find((delivery) => delivery.target === target)?.redelivery ?? 0;
      const redelivery = await ledger.startRedelivery(key, latest, expiresAt);
      const message = redelivery === null ? null : createNotificationMessage(watch, key, outcome, redelivery);
      return { target, message };
    }),
  );
  const results = await notifyQueue.send(started.flatMap(({ message }) => message ?? []));
  const failed = new Set(results.filter(({ kind }) => kind === "failed").map(({ id }) => id));
  return new Map(
    started.map(({ target, message }) => {
      if (message === null) return [target, "queued_by_another"];
      return [target, failed.has(message.id) ? "failed" : "queued"];
    }),
  );
}

/** Returns true if the target is switched off. A notification to such a target would fail at once. */
export async function isSwitchedOff(
  target: string,
  { ledger }: { readonly ledger: Pick<Ledger, "readTarget"> },
): Promise<boolean> {
  return !isCallbackName(target) && (await ledger.readTarget(target)).offSince !== null;
}

import { isCallbackName } from "../../lib/channels/webhook/target.ts";
import type { Config } from "../../lib/config/config.ts";
import { computeLedgerExpiryTime } from "../../lib/config/retention.ts";
import type { Instant, Outcome } from "../../lib/domain/job.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import { notificationKey } from "../../lib/ledger/notification.ts";
import { deliveriesOverdueAt } from "../../lib/ledger/overdue-times.ts";
import type { WatchDocument } from "../../lib/ledger/watch.ts";
import { createNotificationMessage } from "../../lib/queue/messages.ts";
import type { Queue } from "../../lib/queue/queue.ts";

export interface QueueAgainPorts {
  readonly ledger: Pick<Ledger, "scheduleSweep" | "startRedelivery">;
  readonly notifyQueue: Pick<Queue, "send">;
}

/**
 * Queues the notifications of an ended watch to some targets again, each with a new redelivery number.
 * @returns the targets whose messages the queue did not confirm
 */
export async function queueAgain(
  { watch, generations }: Pick<WatchDocument, "watch" | "generations">,
  outcome: Outcome,
  targets: readonly string[],
  { settings, now }: { readonly settings: Config["settings"]; readonly now: Instant },
  { ledger, notifyQueue }: QueueAgainPorts,
): Promise<ReadonlySet<string>> {
  if (targets.length === 0) return new Set();
  const expiresAt = computeLedgerExpiryTime(now, settings);
  // Before the messages are sent, the watch is added to the index that the sweep function reads. The sweep function
  // then finds notifications whose messages were lost.
  await ledger.scheduleSweep(watch, deliveriesOverdueAt(now), expiresAt);
  const messages = await Promise.all(
    targets.map(async (target) => {
      const key = notificationKey(watch, generations, `job.${outcome}`, target);
      const redelivery = await ledger.startRedelivery(key, expiresAt);
      return { target, message: createNotificationMessage(watch, key, outcome, redelivery) };
    }),
  );
  const results = await notifyQueue.send(messages.map(({ message }) => message));
  const failed = new Set(results.filter(({ kind }) => kind === "failed").map(({ id }) => id));
  return new Set(messages.filter(({ message }) => failed.has(message.id)).map(({ target }) => target));
}

/** Returns true if the target is switched off. A notification to such a target would fail at once. */
export async function isSwitchedOff(
  target: string,
  { ledger }: { readonly ledger: Pick<Ledger, "readTarget"> },
): Promise<boolean> {
  return !isCallbackName(target) && (await ledger.readTarget(target)).offSince !== null;
}

import type { NotifyPorts } from "../../functions/notify/create-notify-handler.ts";
import type { SweepPorts } from "../../functions/sweep/create-sweep-handler.ts";
import type { WatchKey } from "../../lib/domain/job.ts";
import type { Ledger } from "../../lib/ledger/ledger.ts";
import { createPendingDeliveryRecord } from "../../lib/ledger/notification.ts";

/** Makes a delivery attempt even if the ledger refuses the claim. */
export function noClaim(ports: NotifyPorts): NotifyPorts {
  const { ledger } = ports;
  return {
    ...ports,
    ledger: {
      ...ledger,
      async claimNotification(wanted) {
        const claim = await ledger.claimNotification(wanted);
        if (claim.kind === "claimed" || claim.kind === "needs_dead_letter") return claim;
        const { key, redelivery } = wanted;
        return { kind: "claimed", record: { ...createPendingDeliveryRecord(key.target), redelivery } };
      },
      async recordAttemptIfClaimed(record) {
        await ledger.recordAttemptIfClaimed(record);
        return "recorded";
      },
    },
  };
}

/** Records a notification as delivered, and then sends the notification. */
export function recordBeforePost(ports: NotifyPorts): NotifyPorts {
  const { ledger, deliver, now } = ports;
  const messageIds = new Map<string, string>();
  return {
    ...ports,
    ledger: {
      ...ledger,
      claimNotification(wanted) {
        messageIds.set(JSON.stringify(wanted.key), wanted.messageId);
        return ledger.claimNotification(wanted);
      },
    },
    async deliver(request) {
      const { key, redelivery } = request;
      await ledger.recordAttemptIfClaimed({
        key,
        redelivery,
        messageId: messageIds.get(JSON.stringify(key)) ?? "",
        state: "delivered",
        spent: true,
        attempt: { at: now(), verdict: "delivered", status: 200, durationMs: 0, reason: "ok", answer: "" },
        nextAttemptAt: null,
      });
      return deliver(request);
    },
  };
}

/** Switches a target off after the first response that says that the target no longer exists. */
export function offAtFirstGone(ports: NotifyPorts): NotifyPorts {
  return { ...ports, ledger: { ...ports.ledger, getOrSetTargetGoneSince: async () => 0 } };
}

/** The smallest redelivery number that marks a message of the sweep. */
const SWEEP_MARK = 1000;

/** Marks the notifications that a sweep sends. */
export function markSwept(ports: SweepPorts): SweepPorts {
  const mark = (body: string) =>
    body.replace(/"redelivery":(\d+)/, (_, n) => `"redelivery":${SWEEP_MARK + Number(n)}`);
  return {
    ...ports,
    notifyQueue: {
      send: (messages) =>
        ports.notifyQueue.send(messages.map((message) => ({ ...message, body: mark(message.body) }))),
    },
  };
}

/** Makes a delivery attempt without a claim for each marked notification. */
export function unclaimedIfSwept(ports: NotifyPorts): NotifyPorts {
  const { ledger } = ports;
  const unclaimed = noClaim(ports).ledger;
  /** Returns the ledger for a notification, and the notification without its mark. */
  const unmark = <T extends { readonly redelivery: number }>(marked: T): [typeof ledger, T] =>
    marked.redelivery < SWEEP_MARK
      ? [ledger, marked]
      : [unclaimed, { ...marked, redelivery: marked.redelivery - SWEEP_MARK }];
  return {
    ...ports,
    ledger: {
      ...ledger,
      claimNotification(marked) {
        const [to, claim] = unmark(marked);
        return to.claimNotification(claim);
      },
      recordAttemptIfClaimed(marked) {
        const [to, record] = unmark(marked);
        return to.recordAttemptIfClaimed(record);
      },
      postponeNotificationAndEndLease(marked) {
        const [to, postponement] = unmark(marked);
        return to.postponeNotificationAndEndLease(postponement);
      },
      markDeadLettered: (key, redelivery) => ledger.markDeadLettered(key, redelivery % SWEEP_MARK),
    },
  };
}

/** Sees the notifications of slow jobs as delivered. */
export function forgetSlow<T extends { readonly ledger: Pick<Ledger, "readWatchDocumentOrNull"> }>(
  ports: T,
): T {
  const { ledger } = ports;
  return {
    ...ports,
    ledger: {
      ...ledger,
      async readWatchDocumentOrNull(key: WatchKey) {
        const found = await ledger.readWatchDocumentOrNull(key);
        return (
          found && {
            ...found,
            deliveries: found.deliveries.map((delivery) =>
              delivery.event === "job.slow" ? { ...delivery, state: "delivered" as const } : delivery,
            ),
          }
        );
      },
    },
  };
}

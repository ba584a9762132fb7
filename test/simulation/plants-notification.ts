import type { NotificationPorts } from "../../functions/notify/send-notification.ts";
import type { SweepPorts } from "../../functions/sweep/sweep.ts";
import type { ReceivedMessage } from "../../lib/runtime/sqs-handler.ts";

/** Goes on whatever the claim answers. */
export function noClaim(ports: NotificationPorts): NotificationPorts {
  const { ledger } = ports;
  return {
    ...ports,
    ledger: {
      ...ledger,
      async claimNotification(wanted) {
        const claim = await ledger.claimNotification(wanted);
        if (claim.kind === "claimed" || claim.kind === "needs_dead_letter") return claim;
        const standing = {
          attempts: 0,
          throttles: 0,
          throttledSince: null,
          redelivery: wanted.redelivery,
          nextAttemptAt: null,
          nextAttemptReserved: false,
        };
        const { target } = wanted.key;
        return {
          kind: "claimed",
          record: { ...standing, target, state: "pending", deadLettered: false, history: [] },
        };
      },
      async recordAttempt(record) {
        await ledger.recordAttempt(record);
        return "recorded";
      },
    },
  };
}

/** Records a notification as delivered, and then posts it. */
export function recordBeforePost(
  ports: NotificationPorts,
  { messageId }: ReceivedMessage,
): NotificationPorts {
  const { ledger, deliver, now } = ports;
  return {
    ...ports,
    async deliver(notification, target, budgetMs) {
      const { key, redelivery } = notification;
      const attempt = {
        at: now(),
        verdict: "delivered",
        status: 200,
        durationMs: 0,
        reason: "ok",
        answer: "",
      } as const;
      const record = {
        key,
        redelivery,
        messageId,
        state: "delivered",
        spent: true,
        attempt,
        nextAttemptAt: null,
      } as const;
      await ledger.recordAttempt(record);
      return deliver(notification, target, budgetMs);
    },
  };
}

/** Redelivery numbers from here on mark what a sweep has sent. */
const SWEPT = 1000;

/** Marks the notifications that a sweep sends. */
export function markSwept(ports: SweepPorts): SweepPorts {
  const mark = (body: string) =>
    body.replace(/"redelivery":(\d+)/, (_, n) => `"redelivery":${SWEPT + Number(n)}`);
  return {
    ...ports,
    notifyQueue: {
      send: (messages) =>
        ports.notifyQueue.send(messages.map((message) => ({ ...message, body: mark(message.body) }))),
    },
  };
}

/** Asks for no claim where a notification is marked. */
export function unclaimedIfSwept(ports: NotificationPorts, delivery: ReceivedMessage): NotificationPorts {
  if (!/"redelivery":1\d{3}/.test(delivery.body)) return ports;
  const unclaimed = noClaim(ports);
  const { ledger } = unclaimed;
  const unmark = <T extends { redelivery: number }>(marked: T): T => ({
    ...marked,
    redelivery: marked.redelivery - SWEPT,
  });
  return {
    ...unclaimed,
    ledger: {
      ...ledger,
      claimNotification: (wanted) => ledger.claimNotification(unmark(wanted)),
      recordAttempt: (record) => ledger.recordAttempt(unmark(record)),
      postponeNotification: (hold) => ledger.postponeNotification(unmark(hold)),
      markDeadLettered: (key, redelivery) => ledger.markDeadLettered(key, redelivery - SWEPT),
    },
  };
}

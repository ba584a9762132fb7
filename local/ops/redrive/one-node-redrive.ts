import { deliveriesOverdueAt } from "../../../lib/ledger/watch-deliveries-and-overdue-times.ts";
import { sendAllOrThrow } from "../../../lib/queue/queue.ts";
import { createSqliteLedger } from "../../../server/ledger/sqlite-ledger.ts";
import { createSqliteQueue } from "../../../server/queue/sqlite-queue.ts";
import type { Store } from "../../../server/store/store.ts";
import { type DeadLetterQueue, VISIBILITY_TIMEOUT_SECONDS } from "./dead-letter-queue.ts";
import type { RedrivePorts } from "./redrive-message.ts";

const MESSAGES = 10;

/** Connects the command `redrive` to the queues and the ledger of the one-node edition. */
export function openOneNodeRedrive(
  store: Store,
  name: "poll" | "notify",
  retentionMs: number,
): { readonly queue: DeadLetterQueue; readonly ports: RedrivePorts } {
  const ledger = createSqliteLedger(store);
  const options = { now: Date.now, visibilityMs: VISIBILITY_TIMEOUT_SECONDS * 1000 };
  const live = createSqliteQueue(store, { ...options, name });
  const dead = createSqliteQueue(store, { ...options, name: `${name}Dead` });
  return {
    queue: {
      async receive() {
        return (await dead.receive(MESSAGES)).map(
          ({ messageId, body, sentAt, attributes, receiptHandle }) => {
            const causes = [attributes.reason, attributes.detail].filter((cause) => cause !== undefined);
            const cause = causes.length === 0 ? null : causes.join(", ");
            return { id: messageId, body, sentAt, cause, receiptHandle };
          },
        );
      },
      delete: ({ receiptHandle }) => dead.remove(receiptHandle),
      release: ({ receiptHandle }) => dead.changeVisibility(receiptHandle, 0),
    },
    ports: {
      readDeliveryOrPendingRecord: ledger.readDeliveryOrPendingRecord,
      readTargetState: ledger.readTargetState,
      async startRedeliveryIfLatestIs(watch, key, after) {
        const expiresAt = Date.now() + retentionMs;
        await ledger.scheduleSweepByAndExtendExpiry(watch, deliveriesOverdueAt(Date.now()), expiresAt);
        return ledger.startRedeliveryIfLatestIs(key, after, expiresAt);
      },
      send: (body) => sendAllOrThrow(live, [{ id: "0", body, delaySeconds: 0 }]),
    },
  };
}

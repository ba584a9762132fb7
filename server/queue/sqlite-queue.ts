import { randomUUID } from "node:crypto";
import * as z from "zod/mini";
import type { Instant } from "../../lib/domain/job.ts";
import { parseJsonOrUndefined } from "../../lib/domain/json.ts";
import { SQS_MAX_VISIBILITY_SECONDS } from "../../lib/domain/sqs-limits-and-leases.ts";
import { assertDelaysInRange, type Queue } from "../../lib/queue/queue.ts";
import type { Store } from "../store/store.ts";

export type QueueName = "poll" | "pollDead" | "notify" | "notifyDead";

/** A received message. */
export interface QueueMessage {
  readonly messageId: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly sentAt: Instant;
  /** The number of times that the message was received. */
  readonly receiveCount: number;
  readonly receiptHandle: string;
}

export interface SqliteQueue extends Queue {
  /**
   * Receives at most `max` visible messages, in the order in which they became visible. Makes the received messages
   * invisible for the visibility timeout.
   */
  receive(max: number): Promise<readonly QueueMessage[]>;
  /** Deletes a message. If the message has a newer receipt handle, the function does nothing. */
  remove(receiptHandle: string): Promise<void>;
  /** Returns the time at which the next message becomes visible, or null for an empty queue. */
  nextVisibleAt(): Promise<Instant | null>;
}

interface SqliteQueueOptions {
  readonly name: QueueName;
  readonly now: () => Instant;
  readonly visibilityMs: number;
  /** A message that was received `maxReceiveCount` times moves to the dead-letter queue in the field `to`. */
  readonly redrive?: { readonly maxReceiveCount: number; readonly to: QueueName };
  /**
   * The queue calls `onChange` after it stored new messages or changed the visibility of a message. `visibleAt` is the
   * time at which the first of these messages becomes visible.
   */
  readonly onChange?: (visibleAt: Instant) => void;
}

/** The error of a receipt handle that is no longer valid, for example because the message was deleted. */
class MessageNotInFlightError extends Error {
  override readonly name = "MessageNotInFlightError";
}

const MessageRow = z.object({
  id: z.string(),
  body: z.string(),
  attributes: z.string(),
  sent_at: z.number(),
  receive_count: z.int(),
});
const Attributes = z.record(z.string(), z.string());
const VisibleAt = z.object({ at: z.nullable(z.number()) });

/** Creates a queue of the one-node edition. The queue behaves like an SQS standard queue. */
export function createSqliteQueue(store: Store, options: SqliteQueueOptions): SqliteQueue {
  const { name, now, visibilityMs, redrive, onChange = () => undefined } = options;

  const moveToDeadLetters = (id: string, to: QueueName): void => {
    store.run("UPDATE message SET queue = ?, sent_at = ?, visible_at = ? WHERE id = ?", to, now(), now(), id);
  };

  const deliverMessage = (message: z.infer<typeof MessageRow>): QueueMessage => {
    const { id: messageId, body, sent_at: sentAt } = message;
    const receiveCount = message.receive_count + 1;
    store.run(
      "UPDATE message SET visible_at = ?, receive_count = ? WHERE id = ?",
      now() + visibilityMs,
      receiveCount,
      messageId,
    );
    const attributes = Attributes.parse(parseJsonOrUndefined(message.attributes));
    const receiptHandle = `${messageId}/${receiveCount}`;
    return { messageId, body, attributes, sentAt, receiveCount, receiptHandle };
  };

  return {
    async send(messages) {
      assertDelaysInRange(messages);
      try {
        await store.write(() => {
          for (const { body, delaySeconds, attributes = {} } of messages)
            store.run(
              `INSERT INTO message (id, queue, body, attributes, sent_at, visible_at, receive_count)
               VALUES (?, ?, ?, ?, ?, ?, 0)`,
              randomUUID(),
              name,
              body,
              JSON.stringify(attributes),
              now(),
              now() + delaySeconds * 1000,
            );
        });
      } catch (error) {
        const reason = error instanceof Error ? error.name : "Unknown";
        return messages.map(({ id }) => ({ id, kind: "failed", reason }));
      }
      onChange(now() + Math.min(...messages.map(({ delaySeconds }) => delaySeconds)) * 1000);
      return messages.map(({ id }) => ({ id, kind: "sent" }));
    },

    async changeVisibility(receiptHandle, seconds) {
      const { id, receiveCount } = parseHandle(receiptHandle);
      const timeoutSeconds = Math.min(Math.max(0, Math.ceil(seconds)), SQS_MAX_VISIBILITY_SECONDS);
      const visibleAt = now() + timeoutSeconds * 1000;
      const changed = await store.write(() =>
        store.run(
          "UPDATE message SET visible_at = ? WHERE id = ? AND receive_count = ? AND visible_at > ?",
          visibleAt,
          id,
          receiveCount,
          now(),
        ),
      );
      if (changed === 0)
        throw new MessageNotInFlightError("The message is not in flight with this receipt handle.");
      onChange(visibleAt);
    },

    receive: (max) =>
      store.write(() => {
        const received: QueueMessage[] = [];
        // This loop also moves messages that were received too often to the dead-letter queue. A separate query for
        // messages that were received too often would be slow, because it would read all visible messages.
        for (;;) {
          const rows = store.all(
            `SELECT id, body, attributes, sent_at, receive_count FROM message
             WHERE queue = ? AND visible_at <= ? ORDER BY visible_at LIMIT ?`,
            name,
            now(),
            max - received.length,
          );
          for (const row of rows) {
            const message = MessageRow.parse(row);
            if (redrive !== undefined && message.receive_count >= redrive.maxReceiveCount)
              moveToDeadLetters(message.id, redrive.to);
            else received.push(deliverMessage(message));
          }
          if (rows.length === 0 || received.length === max) return received;
        }
      }),

    async remove(receiptHandle) {
      const { id, receiveCount } = parseHandle(receiptHandle);
      await store.write(() =>
        store.run("DELETE FROM message WHERE id = ? AND receive_count = ?", id, receiveCount),
      );
    },

    nextVisibleAt: () =>
      store.read(() => {
        const row = store.get("SELECT min(visible_at) AS at FROM message WHERE queue = ?", name);
        return VisibleAt.parse(row).at;
      }),
  };
}

function parseHandle(receiptHandle: string): { readonly id: string; readonly receiveCount: number } {
  const [id = "", receiveCount] = receiptHandle.split("/");
  return { id, receiveCount: Number(receiveCount) };
}

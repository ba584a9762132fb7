import type * as z from "zod/mini";
import { parseMessage } from "../../lib/queue/messages.ts";
import type { Queue } from "../../lib/queue/queue.ts";
import type { Delivery, Disposition } from "../../lib/runtime/sqs-handler.ts";
import { sendAll } from "./send-all.ts";

/** How long a message of a newer version waits before it is looked at again. */
const NEWER_WAITS_SECONDS = 900;

export type Unreadable = "malformed" | "newer" | "unknown";

export interface ReadMessagePorts {
  readonly queue: Pick<Queue, "changeVisibility">;
  readonly dead: Pick<Queue, "send">;
  /** Told why a message could not be read. */
  readonly unreadable: (kind: Unreadable, reason: string) => void;
}

/**
 * Hands a queue's message to `handle` once it has been understood. A malformed one goes to the dead-letter queue
 * with the reason: it will never become readable. One of a newer version stays: a deployment is under way, or was
 * rolled back, and its reader will come.
 */
export async function withMessage<T>(
  schema: z.ZodMiniType<T>,
  delivery: Delivery,
  ports: ReadMessagePorts,
  handle: (message: T) => Promise<Disposition>,
): Promise<Disposition> {
  const parsed = parseMessage(schema, delivery.body);
  switch (parsed.kind) {
    case "message":
      return handle(parsed.message);
    case "newer":
      ports.unreadable("newer", `version ${parsed.version}`);
      await ports.queue.changeVisibility(delivery.receiptHandle, NEWER_WAITS_SECONDS);
      return "retry";
    case "malformed":
      return deadLetterUnreadable("malformed", parsed.reason, delivery, ports);
    default:
      return parsed satisfies never;
  }
}

/** A message about something the ledger does not know (any more): dead-letter queue, where somebody sees it. */
export function deadLetterUnknown(delivery: Delivery, ports: ReadMessagePorts): Promise<Disposition> {
  return deadLetterUnreadable("unknown", "the ledger knows nothing of its subject", delivery, ports);
}

async function deadLetterUnreadable(
  kind: Unreadable,
  reason: string,
  { messageId, body }: Delivery,
  ports: ReadMessagePorts,
): Promise<Disposition> {
  const attributes = { reason: kind, detail: reason };
  await sendAll(ports.dead, [{ id: messageId, body, delaySeconds: 0, attributes }]);
  ports.unreadable(kind, reason);
  return "acknowledged";
}

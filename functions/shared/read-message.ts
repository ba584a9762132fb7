import type * as z from "zod/mini";
import { parseMessage } from "../../lib/queue/messages.ts";
import { type Queue, sendAllOrThrow } from "../../lib/queue/queue.ts";
import { log } from "../../lib/runtime/log.ts";
import { meter } from "../../lib/runtime/metrics.ts";
import type { Disposition, ReceivedMessage } from "../../lib/runtime/sqs-handler.ts";

/** The time for which a message of a newer version stays invisible before a function reads the message again. */
const NEWER_VERSION_WAIT_SECONDS = 900;

/**
 * The reason why a function could not use a message. `unknown` means that the ledger does not contain the data that the
 * message refers to.
 */
export type UnreadableReason = "malformed" | "newer" | "unknown";

export interface ReadMessagePorts {
  /** The queue from which the message was received. */
  readonly queue: Pick<Queue, "changeVisibility">;
  readonly deadLetterQueue: Pick<Queue, "send">;
  /** Reports a message that a function could not use. The default function writes a log line and a metric. */
  readonly onUnreadable?: (reason: UnreadableReason, detail: string) => void;
}

/**
 * Parses a message from a queue. A malformed message goes to the dead-letter queue with the reason. A message of a
 * newer version stays in the queue, because a deployment is under way or was rolled back.
 * @throws SendFailedError when the dead-letter queue does not accept the message.
 */
export async function readMessage<T>(
  schema: z.ZodMiniType<T>,
  received: ReceivedMessage,
  ports: ReadMessagePorts,
): Promise<
  | { readonly kind: "message"; readonly message: T }
  | { readonly kind: "unreadable"; readonly disposition: Disposition }
> {
  const { queue, onUnreadable = logUnreadable } = ports;
  const parsed = parseMessage(schema, received.body);
  switch (parsed.kind) {
    case "message":
      return parsed;
    case "newer":
      onUnreadable("newer", `version ${parsed.version}`);
      await queue.changeVisibility(received.receiptHandle, NEWER_VERSION_WAIT_SECONDS);
      return { kind: "unreadable", disposition: "retry" };
    case "malformed": {
      const disposition = await deadLetterMessage("malformed", parsed.reason, received, ports);
      return { kind: "unreadable", disposition };
    }
    default:
      return parsed satisfies never;
  }
}

/**
 * Sends a message that a function cannot use to the dead-letter queue, with the reason.
 * @throws SendFailedError when the dead-letter queue does not accept the message.
 */
export async function deadLetterMessage(
  reason: UnreadableReason,
  detail: string,
  { messageId, body }: ReceivedMessage,
  { deadLetterQueue, onUnreadable = logUnreadable }: ReadMessagePorts,
): Promise<Disposition> {
  const attributes = { reason, detail };
  await sendAllOrThrow(deadLetterQueue, [{ id: messageId, body, delaySeconds: 0, attributes }]);
  onUnreadable(reason, detail);
  return "acknowledged";
}

/**
 * Logs a message that a function could not use. The metric `DeadLetters` does not count a message of a newer version.
 */
function logUnreadable(reason: UnreadableReason, detail: string): void {
  log.warn("message unreadable", { kind: reason, reason: detail });
  if (reason !== "newer") meter.add("DeadLetters", 1);
}

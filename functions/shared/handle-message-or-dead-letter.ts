import type * as z from "zod/mini";
import { countUtf8Bytes, truncate } from "../../lib/domain/truncate-text.ts";
import { NewerItemError } from "../../lib/ledger/ledger.ts";
import { parseMessage } from "../../lib/queue/messages.ts";
import { type OutgoingMessage, type Queue, sendAllOrThrow } from "../../lib/queue/queue.ts";
import { log } from "../../lib/runtime/log.ts";
import { meter } from "../../lib/runtime/metrics.ts";
import type { Disposition, ReceivedMessage } from "../../lib/runtime/sqs-handler.ts";

/**
 * The shortest and the longest wait of a message that only a newer release can process. The first wait of a message is
 * short, because a deployment that replaces the functions one after the other is soon finished. Each further wait of a
 * message is twice as long as the wait before.
 */
const MIN_WAIT_SECONDS = 15;
const MAX_WAIT_SECONDS = 900;

/**
 * The largest body of a dead letter in bytes. A received message of the maximum size (1 MiB) is too large for SQS
 * together with the attributes that state the reason. An SQS-compatible server may accept only 256 KiB.
 */
const MAX_DEAD_LETTER_BYTES = 250_000;
const MAX_DETAIL_BYTES = 1000;

/**
 * The reason why a function could not use a message. The reason `newer` means that a newer release of the service wrote
 * the message or an item that the message refers to. The reason `unknown` means that the ledger does not contain the
 * data that the message refers to.
 */
export type UnreadableReason = "malformed" | "newer" | "unknown";

export interface ReadMessagePorts {
  /** The queue from which the message was received. */
  readonly queue: Pick<Queue, "changeVisibility">;
  readonly deadLetterQueue: Pick<Queue, "send">;
  /** Reports a message that a function could not use, by default in a log line and a metric. */
  readonly onUnreadable?: typeof logUnreadable;
}

/**
 * Parses a message from a queue and calls `handle` with the parsed message. A malformed message is sent to the
 * dead-letter queue with the reason of the error. A message waits in its queue if a newer release of the service wrote
 * the message or a ledger item of the message. The newer release processes the waiting message when the newer release
 * is deployed.
 * @throws SendFailedError when the dead-letter queue does not accept a malformed message, or an error of `handle`.
 */
export async function handleMessageOrDeadLetter<T>(
  schema: z.ZodMiniType<T>,
  received: ReceivedMessage,
  ports: ReadMessagePorts,
  handle: (message: T) => Promise<Disposition>,
): Promise<Disposition> {
  const parsed = parseMessage(schema, received.body);
  switch (parsed.kind) {
    case "message":
      return handle(parsed.message).catch((error: unknown) => {
        if (error instanceof NewerItemError) return waitForNewerRelease(error.message, received, ports);
        throw error;
      });
    case "newer":
      return waitForNewerRelease(`version ${parsed.version}`, received, ports);
    case "malformed":
      return deadLetterMessage("malformed", parsed.reason, received, ports);
    default:
      return parsed satisfies never;
  }
}

async function waitForNewerRelease(
  detail: string,
  { receiptHandle, receiveCount }: ReceivedMessage,
  { queue, onUnreadable = logUnreadable }: ReadMessagePorts,
): Promise<Disposition> {
  onUnreadable("newer", detail);
  await queue.changeVisibility(
    receiptHandle,
    Math.min(MAX_WAIT_SECONDS, MIN_WAIT_SECONDS * 2 ** (receiveCount - 1)),
  );
  return "retry";
}

/**
 * Sends a message that a function cannot use to the dead-letter queue, together with the reason.
 * @throws SendFailedError when the dead-letter queue does not accept the message.
 */
export async function deadLetterMessage(
  reason: UnreadableReason,
  detail: string,
  received: ReceivedMessage,
  { deadLetterQueue, onUnreadable = logUnreadable }: ReadMessagePorts,
): Promise<Disposition> {
  await sendAllOrThrow(deadLetterQueue, [createDeadLetter(received, { reason, detail })]);
  onUnreadable(reason, detail);
  return "acknowledged";
}

/**
 * Creates a dead letter: the body of the received message, with the reason of the failure in attributes. If the body is
 * too long, the dead letter contains only the beginning of the body, and the attribute `bodyBytes` states the size of
 * the whole body in bytes.
 */
export function createDeadLetter(
  { messageId, body }: Pick<ReceivedMessage, "messageId" | "body">,
  { detail, ...attributes }: { readonly reason: string; readonly detail: string; readonly target?: string },
): OutgoingMessage {
  const bytes = countUtf8Bytes(body);
  return {
    id: messageId,
    body: truncate(body, MAX_DEAD_LETTER_BYTES, countUtf8Bytes),
    delaySeconds: 0,
    attributes: {
      ...attributes,
      detail: truncate(detail, MAX_DETAIL_BYTES, countUtf8Bytes),
      ...(bytes > MAX_DEAD_LETTER_BYTES && { bodyBytes: String(bytes) }),
    },
  };
}

/**
 * Logs why a function could not use a message. The metric `DeadLetters` does not count a message that waits for a newer
 * release of the service.
 */
function logUnreadable(reason: UnreadableReason, detail: string): void {
  log.warn("message unreadable", { kind: reason, reason: detail });
  if (reason !== "newer") meter.add("DeadLetters", 1);
}

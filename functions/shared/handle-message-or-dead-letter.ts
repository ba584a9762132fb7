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
 * short, because Lambda replaces the functions of a stage one after the other during a deployment. Each further wait is
 * twice as long.
 */
const MIN_WAIT_SECONDS = 15;
const MAX_WAIT_SECONDS = 900;

/**
 * The largest body of a dead letter. A received message may already have the maximum size of SQS (1 MiB). A message of
 * 1 MiB together with the attributes that state the reason is too large for SQS. An SQS-compatible server may accept
 * only 256 KiB.
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
  /** Reports a message that a function could not use. By default, a log line and a metric are written. */
  readonly onUnreadable?: typeof logUnreadable;
}

/**
 * Parses a message from a queue and calls `handle` with the parsed message. A malformed message is sent to the
 * dead-letter queue with the reason of the error. A message waits in its queue if a newer release of the service wrote
 * the message or a ledger item of the message. The newer release processes the message when the deployment is finished,
 * or after a rollback when the newer release is deployed again.
 * @throws SendFailedError when the dead-letter queue does not accept a malformed message. Throws the errors of
 * `handle`.
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
 * If a function cannot use a message, sends the message and the reason to the dead-letter queue.
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
 * Creates the message that the dead-letter queue gets: the body of the received message, with the reason as attributes.
 * If the body is too long, the dead letter contains its beginning and an attribute `bodyBytes` with the size of the
 * received body in bytes.
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
 * Logs a message that a function could not use. The metric `DeadLetters` does not count a message of a newer version of
 * the service.
 */
function logUnreadable(reason: UnreadableReason, detail: string): void {
  log.warn("message unreadable", { kind: reason, reason: detail });
  if (reason !== "newer") meter.add("DeadLetters", 1);
}

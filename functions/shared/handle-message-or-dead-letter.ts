import type * as z from "zod/mini";
import { countUtf8Bytes, truncate } from "../../lib/domain/truncate-text.ts";
import { NewerItemError } from "../../lib/ledger/ledger.ts";
import { parseMessage } from "../../lib/queue/messages.ts";
import { type OutgoingMessage, type Queue, sendAllOrThrow } from "../../lib/queue/queue.ts";
import { log } from "../../lib/runtime/log.ts";
import { meter } from "../../lib/runtime/metrics.ts";
import type { Disposition, ReceivedMessage } from "../../lib/runtime/sqs-handler.ts";

/**
 * The shortest and longest wait of a message that needs a newer release. The first wait is short, because a deployment
 * of the newer release is probably running and ends soon. Each further wait of the message is twice as long as the
 * wait before.
 */
const MIN_WAIT_SECONDS = 15;
const MAX_WAIT_SECONDS = 900;

/**
 * The maximum body of a dead letter in bytes. A body of the maximum size (1 MiB) would be too large together with the
 * attributes. Some SQS-compatible servers accept only 256 KiB.
 */
const MAX_DEAD_LETTER_BYTES = 250_000;
const MAX_DETAIL_BYTES = 1000;

/**
 * The reason why a function could not use a message. `newer`: a newer release wrote the message, or wrote a ledger
 * item that the function needs. `unknown`: the ledger does not contain the data for the message.
 */
export type UnreadableReason = "malformed" | "newer" | "unknown";

export interface ReadMessagePorts {
  /** The queue of the message. */
  readonly queue: Pick<Queue, "changeVisibility">;
  readonly deadLetterQueue: Pick<Queue, "send">;
  /** Reports an unusable message, by default in a log line and a metric. */
  readonly onUnreadable?: typeof logUnreadable;
}

/**
 * Parses a message and calls `handle` with it. A malformed message becomes a dead letter with the reason. A newer
 * release may have written the message or its ledger item. Such a message stays in its queue until the newer release
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
      return deadLetterMessageOrThrow("malformed", parsed.reason, received, ports);
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
 * Sends an unusable message to the dead-letter queue with the reason.
 * @throws SendFailedError when the dead-letter queue does not accept the message.
 */
export async function deadLetterMessageOrThrow(
  reason: UnreadableReason,
  detail: string,
  received: ReceivedMessage,
  { deadLetterQueue, onUnreadable = logUnreadable }: ReadMessagePorts,
): Promise<Disposition> {
  await sendAllOrThrow(deadLetterQueue, [createTruncatedDeadLetter(received, { reason, detail })]);
  onUnreadable(reason, detail);
  return "acknowledged";
}

/**
 * Creates a dead letter: the body of the message, with the reason in attributes. A long body is cut, and the attribute
 * `bodyBytes` contains its full size.
 */
export function createTruncatedDeadLetter(
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

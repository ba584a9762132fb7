import type * as z from "zod/mini";
import { countUtf8Bytes, truncate } from "../../lib/domain/truncate-text.ts";
import { NewerItemError } from "../../lib/ledger/ledger.ts";
import { parseMessage } from "../../lib/queue/messages.ts";
import { type OutgoingMessage, type Queue, sendAllOrThrow } from "../../lib/queue/queue.ts";
import { log } from "../../lib/runtime/log.ts";
import { meter } from "../../lib/runtime/metrics.ts";
import type { Disposition, ReceivedMessage } from "../../lib/runtime/sqs-handler.ts";

/**
 * A message that only a newer release can read waits in its queue. The first wait is short, because an operator is
 * probably deploying the newer release now. Each further wait is twice as long as the wait before it, up to the
 * maximum.
 */
const MIN_WAIT_SECONDS = 15;
const MAX_WAIT_SECONDS = 900;

/**
 * The maximum size of the body of a dead letter, in bytes. SQS allows 1 MiB for the body together with the attributes.
 * Some SQS-compatible servers accept only 256 KiB.
 */
const MAX_DEAD_LETTER_BYTES = 250_000;
const MAX_DETAIL_BYTES = 1000;

/**
 * The reason why a function could not use a queue message. `newer` means that a newer release wrote the message, or a
 * ledger item to which the message refers. `unknown` means that the ledger does not contain the data for the message.
 */
export type UnreadableReason = "malformed" | "newer" | "unknown";

export interface ReadMessagePorts {
  /** The queue from which the message came. */
  readonly queue: Pick<Queue, "changeVisibility">;
  readonly deadLetterQueue: Pick<Queue, "send">;
  /** Called for each message that a function could not use. */
  readonly onUnreadable?: typeof logUnreadable;
}

/**
 * Parses a queue message, and calls `handle` with the result. If the message is malformed, the function sends it to the
 * dead-letter queue with the reason. If a newer release has written the message or a ledger item that `handle` reads,
 * the message stays in its queue until an operator deploys the newer release.
 * @throws SendFailedError if the dead-letter queue did not accept a malformed message, or an error of `handle`
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
 * Sends a message that a function could not use to the dead-letter queue. A dead letter contains the reason for which
 * the message became a dead letter.
 * @throws SendFailedError if the dead-letter queue did not accept the message.
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
 * Creates a dead letter: the original message, with the reason in its attributes. The function truncates a body that is
 * too long. The attribute `bodyBytes` contains the size of the body before the truncation.
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

/** The metric `DeadLetters` does not count a message that waits in its queue for a newer release. */
function logUnreadable(reason: UnreadableReason, detail: string): void {
  log.warn("message unreadable", { kind: reason, reason: detail });
  if (reason !== "newer") meter.add("DeadLetters", 1);
}

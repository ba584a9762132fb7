import type * as z from "zod/mini";
import { parseMessage } from "../../lib/queue/messages.ts";
import { type Queue, sendAll } from "../../lib/queue/queue.ts";
import { log } from "../../lib/runtime/log.ts";
import { meter } from "../../lib/runtime/metrics.ts";
import type { Disposition, ReceivedMessage } from "../../lib/runtime/sqs-handler.ts";

/** How long a message of a newer version stays hidden until the next attempt to read it. */
const NEWER_VERSION_WAIT_SECONDS = 900;

/** Why a function could not use a message. `unknown`: the ledger does not know what the message names. */
export type UnreadableReason = "malformed" | "newer" | "unknown";

export interface ReadMessagePorts {
  /** The queue that the message came from. */
  readonly queue: Pick<Queue, "changeVisibility">;
  readonly deadLetterQueue: Pick<Queue, "send">;
  /** By default the message is logged and counted. */
  readonly onUnreadable?: (reason: UnreadableReason, detail: string) => void;
}

/**
 * Parses a queue's message. A malformed message goes to the dead-letter queue with the reason. A message of a newer
 * version stays in its queue, because a deployment of the newer version is under way or was rolled back.
 * @throws SendFailedError when the dead-letter queue does not take the message.
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
 * @throws SendFailedError when the dead-letter queue does not take the message.
 */
export async function deadLetterMessage(
  reason: UnreadableReason,
  detail: string,
  { messageId, body }: ReceivedMessage,
  { deadLetterQueue, onUnreadable = logUnreadable }: ReadMessagePorts,
): Promise<Disposition> {
  const attributes = { reason, detail };
  await sendAll(deadLetterQueue, [{ id: messageId, body, delaySeconds: 0, attributes }]);
  onUnreadable(reason, detail);
  return "acknowledged";
}

/** Logs and counts a message that a function could not use. A message of a newer version is no dead letter. */
function logUnreadable(reason: UnreadableReason, detail: string): void {
  log.warn("message unreadable", { kind: reason, reason: detail });
  if (reason !== "newer") meter.add("DeadLetters", 1);
}

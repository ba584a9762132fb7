import { SQS_MAX_DELAY_SECONDS } from "../domain/sqs-limits.ts";

export interface OutgoingMessage {
  /** Chosen by the sender to find the result of this message. */
  readonly id: string;
  readonly body: string;
  /** A whole number from 0 to 900. SQS allows no other delay. */
  readonly delaySeconds: number;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** The result for one message. A message that failed may have been sent: the answer of SQS can be lost. */
export type SendResult =
  | { readonly id: string; readonly kind: "sent" }
  | { readonly id: string; readonly kind: "failed"; readonly reason: string };

/** An SQS queue. One conformance suite tests the two drivers: SQS and the queue of the simulation. */
export interface Queue {
  /**
   * Sends messages and returns one result per message.
   * @throws DelayOutOfRangeError before anything is sent. Errors of SQS are results.
   */
  send(messages: readonly OutgoingMessage[]): Promise<readonly SendResult[]>;
  /**
   * Hides a received message for this many seconds from now.
   * SQS allows at most 43,200 seconds after the message was received.
   * @throws what SQS answers.
   */
  changeVisibility(receiptHandle: string, seconds: number): Promise<void>;
}

/** The delay of a message is not a whole number from 0 to 900. */
export class DelayOutOfRangeError extends RangeError {
  override readonly name = "DelayOutOfRangeError";
}

/** @throws DelayOutOfRangeError when SQS does not allow the delay of a message. */
export function checkDelays(messages: readonly OutgoingMessage[]): void {
  for (const { delaySeconds } of messages) {
    if (Number.isInteger(delaySeconds) && delaySeconds >= 0 && delaySeconds <= SQS_MAX_DELAY_SECONDS)
      continue;
    throw new DelayOutOfRangeError(
      `A delay of ${delaySeconds} s is not a whole number from 0 to ${SQS_MAX_DELAY_SECONDS}.`,
    );
  }
}

/** Some messages were not sent, or their confirmation was lost. Nothing that depends on these messages may be recorded. */
export class SendFailedError extends Error {
  override readonly name = "SendFailedError";
}

/**
 * Sends all messages.
 * @throws SendFailedError when one of them was not confirmed.
 */
export async function sendAllOrThrow(
  queue: Pick<Queue, "send">,
  messages: readonly OutgoingMessage[],
): Promise<void> {
  if (messages.length === 0) return;
  const failed = (await queue.send(messages)).filter((result) => result.kind === "failed");
  if (failed.length === 0) return;
  const reasons = failed.map(({ reason }) => reason).join(", ");
  throw new SendFailedError(`${failed.length} of ${messages.length} messages were not sent: ${reasons}`);
}

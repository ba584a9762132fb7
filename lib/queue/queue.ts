import { SQS_MAX_DELAY_SECONDS } from "../domain/sqs-limits.ts";

export interface OutgoingMessage {
  /** An ID that the sender chooses. The result of a send has the ID of the message. */
  readonly id: string;
  readonly body: string;
  /** The delay of the message. SQS allows only whole numbers from 0 to 900. */
  readonly delaySeconds: number;
  readonly attributes?: Readonly<Record<string, string>>;
}

/**
 * The result of sending one message. A message with the result `failed` may have been sent, because the reply of SQS
 * can be lost.
 */
export type SendResult =
  | { readonly id: string; readonly kind: "sent" }
  | { readonly id: string; readonly kind: "failed"; readonly reason: string };

/** A queue with the behaviour of SQS. One test suite checks both the SQS queue and the queue of the simulation. */
export interface Queue {
  /**
   * Sends messages and returns one result per message. An error of SQS is a result and is not thrown.
   * @throws DelayOutOfRangeError before any message is sent, when SQS does not allow the delay of a message.
   */
  send(messages: readonly OutgoingMessage[]): Promise<readonly SendResult[]>;
  /**
   * Hides a received message for `seconds` from now.
   * SQS allows at most 43,200 seconds after the message was received.
   * @throws the error of SQS.
   */
  changeVisibility(receiptHandle: string, seconds: number): Promise<void>;
}

/** The error for a message with a delay that is not a whole number from 0 to 900. */
export class DelayOutOfRangeError extends RangeError {
  override readonly name = "DelayOutOfRangeError";
}

/**
 * Checks the delays of all messages.
 * @throws DelayOutOfRangeError when SQS does not allow the delay of a message.
 */
export function checkDelays(messages: readonly OutgoingMessage[]): void {
  for (const { delaySeconds } of messages) {
    if (Number.isInteger(delaySeconds) && delaySeconds >= 0 && delaySeconds <= SQS_MAX_DELAY_SECONDS)
      continue;
    throw new DelayOutOfRangeError(
      `A delay of ${delaySeconds} s is not a whole number from 0 to ${SQS_MAX_DELAY_SECONDS}.`,
    );
  }
}

/**
 * The error for messages that SQS did not confirm. After this error the caller must not record anything that depends on
 * the messages.
 */
export class SendFailedError extends Error {
  override readonly name = "SendFailedError";
}

/**
 * Sends all messages.
 * @throws SendFailedError when SQS did not confirm every message.
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

/** One message to send. `id` is the caller's own, to find its result again. */
export interface OutgoingMessage {
  readonly id: string;
  readonly body: string;
  /** 0 to 900, SQS's own limit; anything else is refused with a `DelayOutOfRangeError` before anything is sent. */
  readonly delaySeconds: number;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** What became of one message. `failed` may still have been sent: SQS can lose an answer. */
export type SendResult =
  | { readonly id: string; readonly kind: "sent" }
  | { readonly id: string; readonly kind: "failed"; readonly reason: string };

/** One SQS queue. Two drivers, SQS and the simulation's, held by one conformance suite. */
export interface Queue {
  /** Sends in batches of ten, retries entries that failed alone, and answers for each message. Never throws for SQS. */
  send(messages: readonly OutgoingMessage[]): Promise<readonly SendResult[]>;
  /** Hides a received message for so long from now (0 to 43,200 s less the time since its receipt). Throws. */
  changeVisibility(receiptHandle: string, seconds: number): Promise<void>;
}

/** Some messages were not sent, or their confirmation was lost. Nothing that depends on these messages may be recorded. */
export class SendFailedError extends Error {
  override readonly name = "SendFailedError";
}

/**
 * Sends all messages.
 * @throws SendFailedError when one of them was not confirmed.
 */
export async function sendAll(
  queue: Pick<Queue, "send">,
  messages: readonly OutgoingMessage[],
): Promise<void> {
  if (messages.length === 0) return;
  const failed = (await queue.send(messages)).filter((result) => result.kind === "failed");
  if (failed.length === 0) return;
  const reasons = failed.map(({ reason }) => reason).join(", ");
  throw new SendFailedError(`${failed.length} of ${messages.length} messages were not sent: ${reasons}`);
}

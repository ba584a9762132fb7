import { SQS_MAX_DELAY_SECONDS } from "../domain/sqs-limits-and-leases.ts";

/**
 * A message waits at most `WINDOW_MS`, so that other messages can share one request with it. The wait is short compared
 * with a poll of CCE.
 */
const WINDOW_MS = 100;

export interface OutgoingMessage {
  /** The ID of the message, which the sender chooses. The `SendResult` for a message contains the ID of the message. */
  readonly id: string;
  readonly body: string;
  /** The time for which SQS delays the delivery of the message. `delaySeconds` is an integer from 0 to 900. */
  readonly delaySeconds: number;
  readonly attributes?: Readonly<Record<string, string>>;
  /**
   * The project of a poll, or the target of a notification. If one group has many messages, SQS first delivers messages
   * of other groups. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
   */
  readonly groupId?: string;
}

/**
 * The result for one sent message. Even if the result is `failed`, SQS may have accepted the message, because the
 * response of SQS can be lost.
 */
export type SendResult =
  | { readonly id: string; readonly kind: "sent" }
  | { readonly id: string; readonly kind: "failed"; readonly reason: string };

/** A queue that behaves like SQS. The tests run with the queue of the simulation and with SQS. */
export interface Queue {
  /**
   * Sends messages and returns one result per message. An error of SQS becomes the result `failed` and is not thrown.
   * @throws DelayOutOfRangeError if SQS does not allow a delay. If a delay is not allowed, the function sends no
   * message.
   */
  send(messages: readonly OutgoingMessage[]): Promise<readonly SendResult[]>;
  /**
   * Makes a received message invisible for `seconds` seconds. The message can stay invisible for at most 43,200 seconds
   * after SQS delivered it.
   * @throws an error if SQS did not confirm the change.
   */
  changeVisibility(receiptHandle: string, seconds: number): Promise<void>;
}

/** The delay of a message is not an integer from 0 to 900. */
export class DelayOutOfRangeError extends RangeError {
  override readonly name = "DelayOutOfRangeError";
}

/** @throws DelayOutOfRangeError if SQS does not allow the delay of a message. */
export function assertDelaysInRange(messages: readonly OutgoingMessage[]): void {
  for (const { delaySeconds } of messages) {
    if (Number.isInteger(delaySeconds) && delaySeconds >= 0 && delaySeconds <= SQS_MAX_DELAY_SECONDS)
      continue;
    throw new DelayOutOfRangeError(
      `A delay of ${delaySeconds} s is not a whole number from 0 to ${SQS_MAX_DELAY_SECONDS}.`,
    );
  }
}

/**
 * SQS did not confirm all messages. After this error, the caller must store nothing in the ledger that depends on an
 * unconfirmed message.
 */
export class SendFailedError extends Error {
  override readonly name = "SendFailedError";
}

/** @throws SendFailedError if SQS did not confirm every message. */
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

/** Runs a function after `ms` milliseconds. The returned function cancels the timer. */
export type Timer = (run: () => void, ms: number) => () => void;

export const realTimer: Timer = (run, ms) => {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
};

interface WaitingSend {
  readonly messages: readonly OutgoingMessage[];
  readonly resolve: (results: readonly SendResult[]) => void;
  readonly reject: (error: unknown) => void;
}

/** A sender that all records of one SQS batch share. */
interface CoalescedSender extends Pick<Queue, "send"> {
  /** The handler of a queue record must call `done` once, after it has sent its last message. */
  done(): void;
}

/**
 * Creates a sender that sends the messages of several queue records in one request, because each SQS request costs
 * money. The sender sends the collected messages when every record has sent a message or called `done`. The sender
 * waits at most 100 ms after the first message.
 * @param recordCount the number of records that share the sender
 */
export function createCoalescingSender(
  queue: Pick<Queue, "send">,
  recordCount: number,
  timer: Timer = realTimer,
): CoalescedSender {
  let running = recordCount;
  let waiting: WaitingSend[] = [];
  let cancelTimer = (): void => {};

  function flush(): void {
    cancelTimer();
    const sends = waiting;
    waiting = [];
    queue.send(sends.flatMap(({ messages }) => messages)).then(
      (results) => {
        let from = 0;
        for (const { messages, resolve } of sends) {
          resolve(results.slice(from, from + messages.length));
          from += messages.length;
        }
      },
      (error: unknown) => {
        for (const { reject } of sends) reject(error);
      },
    );
  }

  return {
    send: (messages) =>
      new Promise((resolve, reject) => {
        waiting.push({ messages, resolve, reject });
        if (waiting.length >= running) flush();
        else if (waiting.length === 1) cancelTimer = timer(flush, WINDOW_MS);
      }),
    done() {
      running -= 1;
      if (waiting.length > 0 && waiting.length >= running) flush();
    },
  };
}

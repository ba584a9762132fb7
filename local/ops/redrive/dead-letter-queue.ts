import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import type { Instant } from "../../../lib/domain/job.ts";

/** A message of a dead-letter queue. */
export interface DeadLetter {
  readonly id: string;
  readonly body: string;
  /** The time when the message was moved to the dead-letter queue. */
  readonly sentAt: Instant;
  /**
   * The reason why the function `poll` or `notify` moved the message to the dead-letter queue. If SQS itself moved the
   * message to the dead-letter queue, the reason is null.
   */
  readonly cause: string | null;
  readonly receiptHandle: string;
}

export interface DeadLetterQueue {
  /**
   * Receives the next messages of the dead-letter queue. A received message becomes invisible to other readers for the
   * visibility timeout. Returns an empty array for a dead-letter queue without visible messages.
   */
  receive(): Promise<readonly DeadLetter[]>;
  delete(message: DeadLetter): Promise<void>;
  /** Makes a received message of the dead-letter queue visible to other readers again. */
  release(message: DeadLetter): Promise<void>;
}

/**
 * The visibility timeout: the time for which a received message is invisible to other readers. The visibility timeout
 * is longer than one run of `npm run redrive`. If the command crashes, its messages become visible again after the
 * visibility timeout.
 */
export const VISIBILITY_TIMEOUT_SECONDS = 900;

/** Returns an object that reads and changes the dead-letter queue with the given URL. */
export function openDeadLetterQueue(client: SQSClient, url: string): DeadLetterQueue {
  return {
    async receive() {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl: url,
          MaxNumberOfMessages: 10,
          VisibilityTimeout: VISIBILITY_TIMEOUT_SECONDS,
          WaitTimeSeconds: 2,
          MessageSystemAttributeNames: ["SentTimestamp"],
          MessageAttributeNames: ["reason", "detail"],
        }),
      );
      return Messages.map(({ MessageId, Body, Attributes, MessageAttributes = {}, ReceiptHandle }) => {
        const { reason, detail } = MessageAttributes;
        const causes = [reason?.StringValue, detail?.StringValue].filter((text) => text !== undefined);
        return {
          id: MessageId ?? "",
          body: Body ?? "",
          receiptHandle: ReceiptHandle ?? "",
          sentAt: Number(Attributes?.SentTimestamp ?? 0),
          cause: causes.length === 0 ? null : causes.join(", "),
        };
      });
    },
    async delete({ receiptHandle }) {
      await client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: receiptHandle }));
    },
    async release({ receiptHandle }) {
      const timeout = { ReceiptHandle: receiptHandle, VisibilityTimeout: 0 };
      await client.send(new ChangeMessageVisibilityCommand({ QueueUrl: url, ...timeout }));
    },
  };
}

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
  /** The time at which the message entered the dead-letter queue. */
  readonly sentAt: Instant;
  /**
   * The reason that the function `poll` or `notify` added to the message. Null means that SQS itself moved the
   * message.
   */
  readonly cause: string | null;
  readonly receiptHandle: string;
}

export interface DeadLetterQueue {
  /**
   * Receives the next messages and makes these messages invisible to other readers. Returns an empty array if no more
   * messages are visible.
   */
  receive(): Promise<readonly DeadLetter[]>;
  delete(message: DeadLetter): Promise<void>;
  /** Makes a received message visible to other readers again. */
  release(message: DeadLetter): Promise<void>;
}

/**
 * The time for which a received message stays invisible. The time is longer than one run of the command. After a
 * crash of the command, the messages become visible at the end of the timeout.
 */
const VISIBILITY_TIMEOUT_SECONDS = 900;

/** Returns a client of the dead-letter queue at a URL. */
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

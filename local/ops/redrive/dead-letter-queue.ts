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
  /** When the message entered the dead-letter queue. */
  readonly sentAt: Instant;
  /** The reason that `poll` or `notify` wrote on the message. Null when SQS moved the message. */
  readonly cause: string | null;
  readonly receiptHandle: string;
}

export interface DeadLetterQueue {
  /** Receives the next messages and makes them invisible to other readers. Returns none when no more are visible. */
  receive(): Promise<readonly DeadLetter[]>;
  delete(message: DeadLetter): Promise<void>;
  /** Makes a message visible again. */
  release(message: DeadLetter): Promise<void>;
}

/** Longer than one run. After a crash the messages become visible again by themselves. */
const VISIBILITY_TIMEOUT_SECONDS = 900;

/** Opens the dead-letter queue at a URL. */
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

import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import type { Instant } from "../../../lib/domain/job.ts";

/** A message of a dead-letter queue. */
export interface Letter {
  readonly id: string;
  readonly body: string;
  /** When it came into the queue. */
  readonly sentAt: Instant;
  /** What it died of, as `notify` or `poll` wrote on it; null where SQS moved it. */
  readonly cause: string | null;
  readonly receipt: string;
}

export interface DeadLetters {
  /** The next few letters, hidden from other readers; none when there are no more to be seen. */
  receive(): Promise<readonly Letter[]>;
  remove(letter: Letter): Promise<void>;
  /** Shows a letter again to whoever reads the queue next. */
  release(letter: Letter): Promise<void>;
}

/** Longer than a run takes: what it leaves it releases itself, and after a crash the letters show again by themselves. */
const HIDDEN_SECONDS = 900;

/** The letters of the dead-letter queue at `url`. */
export function deadLetters(client: SQSClient, url: string): DeadLetters {
  return {
    async receive() {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl: url,
          MaxNumberOfMessages: 10,
          VisibilityTimeout: HIDDEN_SECONDS,
          WaitTimeSeconds: 2,
          MessageSystemAttributeNames: ["SentTimestamp"],
          MessageAttributeNames: ["reason", "detail"],
        }),
      );
      return Messages.map(toLetter);
    },
    async remove({ receipt }) {
      await client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: receipt }));
    },
    async release({ receipt }) {
      await client.send(
        new ChangeMessageVisibilityCommand({ QueueUrl: url, ReceiptHandle: receipt, VisibilityTimeout: 0 }),
      );
    },
  };
}

function toLetter({ MessageId, Body, Attributes, MessageAttributes, ReceiptHandle }: Message): Letter {
  const causes = [MessageAttributes?.reason, MessageAttributes?.detail].flatMap((one) =>
    one?.StringValue === undefined ? [] : [one.StringValue],
  );
  return {
    id: MessageId ?? "",
    body: Body ?? "",
    receipt: ReceiptHandle ?? "",
    sentAt: Number(Attributes?.SentTimestamp ?? 0),
    cause: causes.length === 0 ? null : causes.join(", "),
  };
}

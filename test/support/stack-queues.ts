import {
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { eventually } from "./eventually.ts";
import type { RunningStack } from "./stack.ts";

type DeadQueue = "pollDead" | "notifyDead";

/** A message of a dead-letter queue: its body and its attributes. */
export interface DeadLetter {
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** The queues of a stack, read and written with the AWS SDK. */
export interface StackQueues {
  /** Sends any text to a queue. */
  put(queue: string, body: string): Promise<void>;
  /** The number of messages in a queue, with invisible and delayed messages. */
  depth(queue: string): Promise<number>;
  /** Waits until a queue is empty. */
  empty(queue: string): Promise<void>;
  /** Waits for a dead letter whose body contains `text`. */
  deadLetter(queue: DeadQueue, text: string): Promise<DeadLetter>;
  /** All dead letters of a queue. */
  deadLetters(queue: DeadQueue): Promise<readonly DeadLetter[]>;
  stop(): void;
}

export function stackQueues({ sqs, queues }: Pick<RunningStack, "sqs" | "queues">): StackQueues {
  const client = new SQSClient({
    endpoint: sqs,
    region: "eu-central-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  const urlOf = (queue: string): string => {
    const url = queues[queue];
    if (url === undefined) throw new Error(`the stack has no queue ${queue}`);
    return url;
  };
  const found: Record<DeadQueue, DeadLetter[]> = { pollDead: [], notifyDead: [] };

  /** `found` stores each received message, because a received message stays invisible for the rest of the test. */
  async function drain(queue: DeadQueue): Promise<readonly DeadLetter[]> {
    for (;;) {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl: urlOf(queue),
          MaxNumberOfMessages: 10,
          VisibilityTimeout: 43_200,
          MessageAttributeNames: ["All"],
        }),
      );
      if (Messages.length === 0) return found[queue];
      found[queue].push(...Messages.map(asDeadLetter));
    }
  }

  async function depth(queue: string): Promise<number> {
    const { Attributes = {} } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl: urlOf(queue), AttributeNames: ["All"] }),
    );
    const visible = Number(Attributes.ApproximateNumberOfMessages);
    const invisible = Number(Attributes.ApproximateNumberOfMessagesNotVisible);
    return visible + invisible + Number(Attributes.ApproximateNumberOfMessagesDelayed);
  }

  return {
    async put(queue, body) {
      await client.send(new SendMessageCommand({ QueueUrl: urlOf(queue), MessageBody: body }));
    },
    depth,
    async empty(queue) {
      await eventually(`${queue} to be empty`, async () => (await depth(queue)) === 0);
    },
    deadLetter: (queue, text) =>
      eventually(`a dead letter with ${text}`, async () =>
        (await drain(queue)).find(({ body }) => body.includes(text)),
      ),
    deadLetters: drain,
    stop: () => client.destroy(),
  };
}

function asDeadLetter({ Body = "", MessageAttributes = {} }: Message): DeadLetter {
  const attributes = Object.entries(MessageAttributes).map(([name, { StringValue = "" }]) => [
    name,
    StringValue,
  ]);
  return { body: Body, attributes: Object.fromEntries(attributes) };
}

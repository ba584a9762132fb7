import { DescribeTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  ChangeMessageVisibilityCommand,
  GetQueueAttributesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import type { SQSEvent } from "aws-lambda";
import { startEventSource } from "../../../local/events/event-source.ts";
import type { InvocationResult } from "../../../local/lambda/runtime-api.ts";
import { startSqs } from "../../../local/servers/start-sqs.ts";
import { eventually } from "../../support/eventually.ts";
import { startToyStack, type ToyStack } from "../../support/toy-stack.ts";

const client = { region: "eu-central-1", credentials: { accessKeyId: "test", secretAccessKey: "test" } };

let stack: ToyStack;
let sqs: SQSClient;

beforeAll(async () => {
  stack = await startToyStack();
  sqs = new SQSClient({ ...client, endpoint: stack.sqs });
});
afterAll(async () => {
  sqs.destroy();
  await stack.stop();
});
afterEach(() => stack.receiver.notifications.clear());

/** Starts an event source with a concurrency of two for a queue of its own, which contains messages. */
async function startSource(options: {
  messages: number;
  batchSize: number;
  visibilitySeconds: number;
  invoke: (event: SQSEvent) => Promise<InvocationResult>;
}): Promise<{ stop(): Promise<void> }> {
  const { messages, batchSize, visibilitySeconds, invoke } = options;
  const server = await startSqs("eu-central-1");
  const queue = {
    logicalId: "Queue",
    name: "queue",
    arn: "arn:aws:sqs:eu-central-1:000000000000:queue",
    url: `${server.url}/000000000000/queue`,
    fifo: false,
    visibilitySeconds,
    deadLetterArn: null,
    attributes: { VisibilityTimeout: String(visibilitySeconds) },
  };
  await server.createQueues([queue]);
  for (let i = 0; i < messages; i += 1)
    await server.client.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: String(i) }));
  const source = startEventSource({
    mapping: {
      logicalId: "Source",
      queueArn: queue.arn,
      functionName: "work",
      batchSize,
      batchingWindowSeconds: 0,
      maximumConcurrency: 2,
      reportsBatchItemFailures: true,
    },
    queue,
    region: "eu-central-1",
    host: { invoke: (event) => invoke(event as SQSEvent) },
    sqs: server.client,
    log: () => undefined,
  });
  return {
    async stop() {
      await source.stop();
      await server.stop();
    },
  };
}

const DONE: InvocationResult = { kind: "result", result: null };

/**
 * Returns the receive count with which a function is invoked that is throttled at first. The queue has one message.
 * @param isThrottled is called before each invocation, with the receive count of the message
 */
async function receiveCountAfterThrottling(
  visibilitySeconds: number,
  isThrottled: (receiveCount: number) => boolean,
): Promise<number[]> {
  const invoked: number[] = [];
  const source = await startSource({
    messages: 1,
    batchSize: 10,
    visibilitySeconds,
    async invoke({ Records }) {
      const counts = Records.map(({ attributes }) => Number(attributes.ApproximateReceiveCount));
      if (isThrottled(Math.max(...counts))) return { kind: "throttled" };
      invoked.push(...counts);
      return DONE;
    },
  });
  await eventually("an invocation", () => invoked.length > 0);
  await source.stop();
  return invoked;
}

interface Identified {
  readonly messageId: string;
}

/** Ends the visibility timeout of a received message immediately. */
const makeVisible = (ReceiptHandle: string) =>
  sqs.send(
    new ChangeMessageVisibilityCommand({ QueueUrl: stack.queues.work, ReceiptHandle, VisibilityTimeout: 0 }),
  );

/** Sends tasks as one batch and returns their message IDs. */
async function send(...tasks: readonly Readonly<Record<string, unknown>>[]): Promise<readonly string[]> {
  const Entries = tasks.map((task, i) => ({
    Id: String(i),
    MessageBody: JSON.stringify({ report: `${stack.receiver.url}/report`, ...task }),
    MessageAttributes: { why: { DataType: "String", StringValue: "test" } },
  }));
  const sent = await sqs.send(new SendMessageBatchCommand({ QueueUrl: stack.queues.work, Entries }));
  return (sent.Successful ?? []).map(({ MessageId }) => MessageId ?? "");
}

/** Waits for `count` batches of the function and returns them. */
async function batches(count: number) {
  const limits = { channel: "report", count, waitMs: 800_000 };
  const arrived = await stack.receiver.notifications.waitFor(limits);
  return arrived.map(({ body }) => JSON.parse(body).Records);
}

async function counts(queue: string | undefined): Promise<Readonly<Record<string, string>>> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queue, AttributeNames: ["All"] }),
  );
  return Attributes ?? {};
}

test("an event source never exceeds its maximum concurrency", async () => {
  let [running, ended, most] = [0, 0, 0];
  const releases: (() => void)[] = [];
  const source = await startSource({
    messages: 5,
    batchSize: 1,
    visibilitySeconds: 30,
    async invoke() {
      running += 1;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => releases.push(resolve));
      running -= 1;
      ended += 1;
      return DONE;
    },
  });
  await eventually("five invocations to end", () => {
    if (running === 2 || ended === 4) for (const release of releases.splice(0)) release();
    return ended === 5;
  });
  expect(most).toBe(2);
  await source.stop();
});

describe("an event source of a throttled function", () => {
  it("invokes the function with the same messages as soon as the function is not throttled any more", async () => {
    let attempts = 0;
    const isThrottled = (): boolean => {
      attempts += 1;
      return attempts < 3;
    };
    expect(await receiveCountAfterThrottling(600, isThrottled)).toEqual([1]);
    expect(attempts).toBe(3);
  });

  it("returns the messages after their visibility timeout, so that their receive counts grow", async () => {
    expect(await receiveCountAfterThrottling(1, (receiveCount) => receiveCount < 3)).toEqual([3]);
  });
});

describe("an event source", () => {
  it("uses queues and tables with the attributes of the template", async () => {
    expect(await counts(stack.queues.work)).toMatchObject({
      VisibilityTimeout: "12",
      RedrivePolicy: expect.stringContaining("toy-service-dev-work-dead"),
    });
    expect(await counts(stack.queues.workDead)).toMatchObject({ MessageRetentionPeriod: "1209600" });
    const dynamodb = new DynamoDBClient({ ...client, endpoint: stack.dynamodb });
    const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName: "Ledger" }));
    dynamodb.destroy();
    expect(Table?.GlobalSecondaryIndexes).toEqual([expect.objectContaining({ IndexName: "overdue" })]);
  });

  it("invokes the function with records in Lambda's format, and deletes the done messages", async () => {
    const [first, second] = await send({ do: "succeed" }, { do: "succeed" });
    const records = (await batches(1)).flat();
    expect(records.map(({ messageId }: Identified) => messageId)).toEqual([first, second]);
    expect(records[0]).toMatchObject({
      body: expect.stringContaining("succeed"),
      attributes: { ApproximateReceiveCount: "1", SentTimestamp: expect.stringMatching(/^\d{13}$/) },
      messageAttributes: { why: { stringValue: "test", dataType: "String", stringListValues: [] } },
      md5OfBody: expect.stringMatching(/^[0-9a-f]{32}$/),
      eventSource: "aws:sqs",
      eventSourceARN: "arn:aws:sqs:eu-central-1:000000000000:toy-service-dev-work",
      awsRegion: "eu-central-1",
    });
    await eventually("the messages to be deleted", async () => {
      const { ApproximateNumberOfMessagesNotVisible: inFlight } = await counts(stack.queues.work);
      return inFlight === "0";
    });
  });

  it("collects messages until the batch is full or the batching window ends", async () => {
    const MessageBody = JSON.stringify({ do: "succeed", report: `${stack.receiver.url}/report` });
    for (const _ of [1, 2, 3])
      await sqs.send(new SendMessageCommand({ QueueUrl: stack.queues.batch, MessageBody }));
    const [batch] = await batches(1);
    expect(batch).toHaveLength(3);
  });

  it("deletes only the done messages, and dead-letters a message that keeps failing", async () => {
    const [, failed] = await send({ do: "succeed" }, { do: "fail" });
    const inFlight = async () => (await counts(stack.queues.work)).ApproximateNumberOfMessagesNotVisible;
    for (const count of [1, 2, 3]) {
      const latest = (await batches(count)).at(-1)?.find(({ messageId }: Identified) => messageId === failed);
      expect(latest.attributes.ApproximateReceiveCount).toBe(String(count));
      await eventually("one message in flight", async () => (await inFlight()) === "1");
      await makeVisible(latest.receiptHandle);
    }
    const deadLettered = new ReceiveMessageCommand({ QueueUrl: stack.queues.workDead, WaitTimeSeconds: 10 });
    expect((await sqs.send(deadLettered)).Messages).toEqual([expect.objectContaining({ MessageId: failed })]);
  });

  test.each([["throw"], ["hang"], ["malformed"], ["unknown-id"]])(
    "deletes no message of a batch after this behaviour of the function: %s",
    async (how) => {
      const before = stack.lines.length;
      await send({ do: "succeed" }, { do: how });
      await batches(1);
      await eventually("the failure in the log", () =>
        stack.lines.slice(before).some((line) => line.includes("failed and will return")),
      );
      expect((await counts(stack.queues.work)).ApproximateNumberOfMessagesNotVisible).not.toBe("0");
      await sqs.send(new PurgeQueueCommand({ QueueUrl: stack.queues.work }));
    },
  );
});

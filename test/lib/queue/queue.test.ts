import { setTimeout } from "node:timers/promises";
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { type FauxqsServer, startFauxqs } from "fauxqs";
import { createSqsQueue } from "../../../lib/queue/sqs-queue.ts";
import { createMemoryQueue } from "../../simulation/memory-queue.ts";
import { type DeliveredMessage, describeQueue, type QueueUnderTest } from "./conformance.ts";

const MAX_RECEIVE_COUNT = 2;

describeQueue("in memory", async () => {
  let now = 1_800_000_000_000;
  const clock = { now: () => now, visibilitySeconds: 1 };
  const dead = createMemoryQueue({ ...clock, name: "dead" });
  const redrive = { maxReceiveCount: MAX_RECEIVE_COUNT, to: dead };
  const queue = createMemoryQueue({ ...clock, name: "live", redrive });
  return {
    queue,
    now: clock.now,
    receive: async (max) => queue.receive(max),
    receiveDead: async (max) => dead.receive(max),
    remove: async (receiptHandle) => queue.remove(receiptHandle),
    async pass(ms) {
      now += ms;
    },
  };
});

let server: FauxqsServer | null = null;
let client: SQSClient;
let count = 0;
beforeAll(async () => {
  // If SQS_ENDPOINT is set, the tests use the server at that URL.
  if (!process.env.SQS_ENDPOINT) server = await startFauxqs({ port: 0, logger: false, host: "127.0.0.1" });
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  const endpoint = server?.address ?? process.env.SQS_ENDPOINT ?? "";
  client = new SQSClient({ endpoint, region: "eu-central-1", credentials });
});
afterAll(async () => {
  client.destroy();
  await server?.stop();
});

async function createQueue(QueueName: string, Attributes: Readonly<Record<string, string>> = {}) {
  const { QueueUrl = "" } = await client.send(new CreateQueueCommand({ QueueName, Attributes }));
  const { Attributes: created } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }),
  );
  return { url: QueueUrl, arn: created?.QueueArn };
}

describeQueue("on SQS", async (): Promise<QueueUnderTest> => {
  count += 1;
  const dead = await createQueue(`dead-${count}`);
  const RedrivePolicy = JSON.stringify({
    deadLetterTargetArn: dead.arn,
    maxReceiveCount: MAX_RECEIVE_COUNT,
  });
  const live = await createQueue(`live-${count}`, { VisibilityTimeout: "1", RedrivePolicy });
  return {
    queue: createSqsQueue({ client, url: live.url, random: () => 0.5 }),
    receive: (max) => receive(live.url, max),
    receiveDead: (max) => receive(dead.url, max),
    async remove(receiptHandle) {
      await client.send(new DeleteMessageCommand({ QueueUrl: live.url, ReceiptHandle: receiptHandle }));
    },
    now: Date.now,
    pass: (ms) => setTimeout(ms),
  };
});

async function receive(url: string, max: number): Promise<DeliveredMessage[]> {
  const request = {
    QueueUrl: url,
    MaxNumberOfMessages: max,
    MessageAttributeNames: ["All"],
    MessageSystemAttributeNames: ["ApproximateReceiveCount" as const],
  };
  const { Messages = [] } = await client.send(new ReceiveMessageCommand(request));
  return Messages.map(toArrived);
}

function toArrived({
  MessageId,
  Body,
  MessageAttributes,
  Attributes,
  ReceiptHandle,
}: Message): DeliveredMessage {
  const named = Object.entries(MessageAttributes ?? {});
  return {
    messageId: MessageId ?? "",
    body: Body ?? "",
    receiptHandle: ReceiptHandle ?? "",
    receiveCount: Number(Attributes?.ApproximateReceiveCount),
    attributes: Object.fromEntries(named.map(([name, value]) => [name, value.StringValue ?? ""])),
  };
}

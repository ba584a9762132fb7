import { setTimeout } from "node:timers/promises";
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
} from "@aws-sdk/client-sqs";
import { createSqsQueue } from "../../../lib/queue/sqs-queue.ts";
import type { SqsServer } from "../../../local/servers/sqs.ts";
import { createMemoryQueue } from "../../simulation/memory-queue.ts";
import { startTestSqs } from "../../support/aws-servers.ts";
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

let server: SqsServer;
let count = 0;
beforeAll(async () => {
  server = await startTestSqs("eu-central-1");
});
afterAll(() => server.stop());

async function createQueue(QueueName: string, Attributes: Readonly<Record<string, string>> = {}) {
  const { QueueUrl = "" } = await server.client.send(new CreateQueueCommand({ QueueName, Attributes }));
  const { Attributes: created } = await server.client.send(
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
    queue: createSqsQueue({ client: server.client, url: live.url, random: () => 0.5 }),
    receive: (max) => receive(live.url, max),
    receiveDead: (max) => receive(dead.url, max),
    async remove(receiptHandle) {
      await server.client.send(
        new DeleteMessageCommand({ QueueUrl: live.url, ReceiptHandle: receiptHandle }),
      );
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
  const { Messages = [] } = await server.client.send(new ReceiveMessageCommand(request));
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

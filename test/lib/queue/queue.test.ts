import { setTimeout } from "node:timers/promises";
import { DeleteMessageCommand, type Message, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { type FauxqsServer, startFauxqs } from "fauxqs";
import { createSqsQueue } from "../../../lib/queue/sqs-queue.ts";
import { createMemoryQueue } from "../../simulation/memory-queue.ts";
import { type DeliveredMessage, describeQueue, type QueueUnderTest } from "./conformance.ts";

const MAX_RECEIVE_COUNT = 2;

describeQueue("in memory", () => {
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

let server: FauxqsServer;
let client: SQSClient;
let count = 0;
beforeAll(async () => {
  server = await startFauxqs({ port: 0, logger: false, host: "127.0.0.1" });
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  client = new SQSClient({ endpoint: server.address, region: "us-east-1", credentials });
});
afterAll(async () => {
  client.destroy();
  await server.stop();
});

describeQueue("on SQS", (): QueueUnderTest => {
  count += 1;
  const dead = server.createQueue(`dead-${count}`);
  const RedrivePolicy = JSON.stringify({
    deadLetterTargetArn: dead.queueArn,
    maxReceiveCount: MAX_RECEIVE_COUNT,
  });
  const live = server.createQueue(`live-${count}`, {
    attributes: { VisibilityTimeout: "1", RedrivePolicy },
  });
  return {
    queue: createSqsQueue({ client, url: live.queueUrl, random: () => 0.5 }),
    receive: (max) => receive(live.queueUrl, max),
    receiveDead: (max) => receive(dead.queueUrl, max),
    async remove(receiptHandle) {
      await client.send(new DeleteMessageCommand({ QueueUrl: live.queueUrl, ReceiptHandle: receiptHandle }));
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

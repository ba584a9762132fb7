import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { startAwsEndpoint } from "../../../local/servers/aws-endpoint.ts";
import type { LocalServer } from "../../../local/servers/local-server.ts";
import { correctSqsErrorCodes, createSqsLimits } from "../../../local/servers/sqs-rules.ts";
import { type SqsServer, startSqs } from "../../../local/servers/start-sqs.ts";

const MEBIBYTE = 1024 * 1024;
const HOUR_MS = 3_600_000;

const clock = { nowMs: 0 };
let server: SqsServer;
let endpoint: LocalServer;
let sqs: SQSClient;
let QueueUrl: string;

beforeAll(async () => {
  server = await startSqs("eu-central-1");
  const rules = [correctSqsErrorCodes, createSqsLimits(() => clock.nowMs)];
  endpoint = await startAwsEndpoint({ service: "sqs", upstream: server.url, rules });
  sqs = new SQSClient({
    endpoint: endpoint.url,
    region: "eu-central-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    maxAttempts: 1,
  });
  await sqs.send(new CreateQueueCommand({ QueueName: "queue" }));
  QueueUrl = `${endpoint.url}/000000000000/queue`;
});
afterAll(async () => {
  sqs.destroy();
  await endpoint.stop();
  await server.stop();
});
beforeEach(() => sqs.send(new PurgeQueueCommand({ QueueUrl })));

const send = (MessageBody: string, more: { DelaySeconds?: number } = {}) =>
  sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, ...more }));
const sendBatch = (entries: readonly { Id?: string; MessageBody?: string; DelaySeconds?: number }[]) =>
  sqs.send(
    new SendMessageBatchCommand({
      QueueUrl,
      Entries: entries.map((entry, i) => ({ Id: String(i), MessageBody: "1", ...entry })),
    }),
  );

async function receive(): Promise<string> {
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1 }));
  return Messages[0]?.ReceiptHandle ?? "";
}
const changeVisibility = (ReceiptHandle: string, VisibilityTimeout: number) =>
  sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout }));

const BEYOND = "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]";

describe("the limits of SQS", () => {
  it("allow 12 hours of visibility in total, counted from the time of the receive", async () => {
    await send("1");
    const handle = await receive();
    await changeVisibility(handle, 43_200);
    clock.nowMs += HOUR_MS;
    await expect(changeVisibility(handle, 11 * 3600 + 1)).rejects.toMatchObject({
      name: "InvalidParameterValue",
      message: `Value 39601 for parameter VisibilityTimeout is invalid. Reason: ${BEYOND}`,
      $metadata: { httpStatusCode: 400 },
    });
    await changeVisibility(handle, 11 * 3600);
    clock.nowMs += 10 * HOUR_MS;
    await expect(changeVisibility(handle, 3601)).rejects.toThrow(BEYOND);
    await changeVisibility(handle, 0);
    await changeVisibility(await receive(), 43_200);
  });

  it("refuse only the entries of a batch that are beyond 12 hours", async () => {
    await send("1");
    const first = await receive();
    clock.nowMs += HOUR_MS;
    await send("2");
    const Entries = [first, await receive()].map((ReceiptHandle, i) => ({
      Id: `entry-${i}`,
      ReceiptHandle,
      VisibilityTimeout: 43_200,
    }));
    const answer = await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries }));
    expect(answer.Successful).toEqual([{ Id: "entry-1" }]);
    expect(answer.Failed).toEqual([
      expect.objectContaining({ Id: "entry-0", SenderFault: true, Code: "InvalidParameterValue" }),
    ]);
  });

  it("refuse a delay of more than 900 s", async () => {
    await send("1", { DelaySeconds: 900 });
    for (const DelaySeconds of [901, -1])
      await expect(send("1", { DelaySeconds })).rejects.toMatchObject({
        name: "InvalidParameterValue",
        message: `Value ${DelaySeconds} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.`,
      });
    const refused = { Id: "1", SenderFault: true, Code: "InvalidParameterValue" };
    const mixed = await sendBatch([{ DelaySeconds: 900 }, { DelaySeconds: 901 }]);
    expect(mixed.Successful).toEqual([expect.objectContaining({ Id: "0" })]);
    expect(mixed.Failed).toEqual([expect.objectContaining(refused)]);
    const none = await sendBatch([{ Id: "1", DelaySeconds: 901 }]);
    expect([none.Successful, none.Failed]).toEqual([[], [expect.objectContaining(refused)]]);
  });

  it("count the size of a message in bytes", async () => {
    await send("é".repeat(MEBIBYTE / 2));
    await expect(send(`é${"é".repeat(MEBIBYTE / 2)}`)).rejects.toMatchObject({
      name: "InvalidParameterValue",
      message: `One or more parameters are invalid. Reason: Message must be shorter than ${MEBIBYTE} bytes.`,
    });
  });

  it.each([
    [
      "BatchRequestTooLong",
      [{ MessageBody: "é".repeat(MEBIBYTE / 4) }, { MessageBody: "é".repeat(MEBIBYTE / 4 + 1) }],
    ],
    ["TooManyEntriesInBatchRequest", Array.from({ length: 11 }, () => ({}))],
    ["BatchEntryIdsNotDistinct", [{ Id: "a" }, { Id: "a" }]],
    ["InvalidBatchEntryId", [{ Id: "a.b" }]],
    ["EmptyBatchRequest", []],
  ])("refuse a batch with the error %s", async (name, entries) => {
    await expect(sendBatch(entries)).rejects.toMatchObject({ name });
  });

  it("end for a message that is deleted", async () => {
    await send("1");
    const ReceiptHandle = await receive();
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    clock.nowMs += 13 * HOUR_MS;
    await expect(changeVisibility(ReceiptHandle, 60)).rejects.toMatchObject({ name: "MessageNotInflight" });
  });
});

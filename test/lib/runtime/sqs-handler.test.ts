import type { Context, SQSRecord } from "aws-lambda";
import { type HandleDelivery, sqsHandler } from "../../../lib/runtime/sqs-handler.ts";
import { captured } from "./captured.ts";

function record(messageId: string): SQSRecord {
  return {
    messageId,
    receiptHandle: `receipt of ${messageId}`,
    body: messageId,
    attributes: {
      ApproximateReceiveCount: "3",
      SentTimestamp: "0",
      SenderId: "x",
      ApproximateFirstReceiveTimestamp: "0",
    },
    messageAttributes: {},
    md5OfBody: "",
    eventSource: "aws:sqs",
    eventSourceARN: "arn:aws:sqs:eu-central-1:000000000000:poll",
    awsRegion: "eu-central-1",
  };
}

async function failuresOf(handle: HandleDelivery, ids: string[], remainingMs = 30_000): Promise<string[]> {
  const handler = sqsHandler(async () => handle);
  const context: Partial<Context> = { awsRequestId: "r", getRemainingTimeInMillis: () => remainingMs };
  const answer = await handler({ Records: ids.map(record) }, context as Context);
  return answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
}

test("what is kept or throws is named by its own ID, whatever its place in the batch", async () => {
  const handle: HandleDelivery = async ({ body }) => {
    if (body === "throws") throw new Error("surprise");
    return body === "retry" ? "retry" : "acknowledged";
  };
  const lines = await captured(async () => {
    expect(await failuresOf(handle, ["a", "throws", "b", "retry", "c"])).toEqual(["throws", "retry"]);
  });
  expect(lines).toEqual([
    expect.objectContaining({ message: "record failed", message_id: "throws" }),
    expect.objectContaining({ RecordsFailed: 1 }),
  ]);
});

test("a handler learns of a message what it needs to decide", async () => {
  const seen: unknown[] = [];
  await failuresOf(
    async (delivery) => {
      seen.push(delivery);
      return "acknowledged";
    },
    ["a"],
  );
  expect(seen).toEqual([{ messageId: "a", receiptHandle: "receipt of a", body: "a", receiveCount: 3 }]);
});

test("a record that is not finished when time runs out comes back, its neighbours do not", async () => {
  const handle: HandleDelivery = ({ body }) =>
    body === "stuck" ? new Promise(() => undefined) : Promise.resolve("acknowledged");
  const lines = await captured(async () => {
    expect(await failuresOf(handle, ["a", "stuck", "b"], 520)).toEqual(["stuck"]);
  });
  expect(lines).toEqual([expect.objectContaining({ message: "record out of time", message_id: "stuck" })]);
});

test("a batch that cannot be started fails as a whole", async () => {
  const handler = sqsHandler(() => Promise.reject(new Error("no config")));
  const context: Partial<Context> = { awsRequestId: "r", getRemainingTimeInMillis: () => 30_000 };
  await expect(handler({ Records: [record("a")] }, context as Context)).rejects.toThrow("no config");
});

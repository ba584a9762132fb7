import type { Context, SQSRecord } from "aws-lambda";
import { log } from "../../../lib/runtime/log.ts";
import {
  createSqsHandler,
  type HandleMessage,
  type ReceivedMessage,
} from "../../../lib/runtime/sqs-handler.ts";
import { captured } from "./captured.ts";

function record(messageId: string): SQSRecord {
  return {
    messageId,
    receiptHandle: `handle of ${messageId}`,
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

async function failuresOf(handle: HandleMessage, ids: string[], remainingMs = 30_000): Promise<string[]> {
  const handler = createSqsHandler(() => handle);
  const context: Partial<Context> = { awsRequestId: "r", getRemainingTimeInMillis: () => remainingMs };
  const answer = await handler({ Records: ids.map(record) }, context as Context);
  return answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
}

test("the response lists the ID of each message that throws an error or must be retried", async () => {
  const handle: HandleMessage = async ({ body }) => {
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

test("a handler receives the message, its receive count and the remaining time", async () => {
  const received: ReceivedMessage[] = [];
  await failuresOf(
    async (message) => {
      received.push(message);
      return "acknowledged";
    },
    ["a"],
  );
  expect(received).toEqual([
    {
      messageId: "a",
      receiptHandle: "handle of a",
      body: "a",
      receiveCount: 3,
      remainingMs: expect.any(Function),
    },
  ]);
  expect(received[0]?.remainingMs()).toBe(29_500);
});

test("a batch is started once with the number of its messages", async () => {
  const started: number[] = [];
  const handler = createSqsHandler((messages) => {
    started.push(messages);
    return async () => "acknowledged";
  });
  const context: Partial<Context> = { awsRequestId: "r", getRemainingTimeInMillis: () => 30_000 };
  await handler({ Records: ["a", "b", "c"].map(record) }, context as Context);
  expect(started).toEqual([3]);
});

test("only a message that does not finish in time returns to the queue", async () => {
  const handle: HandleMessage = ({ body }) =>
    body === "stuck" ? new Promise(() => undefined) : Promise.resolve("acknowledged");
  const lines = await captured(async () => {
    expect(await failuresOf(handle, ["a", "stuck", "b"], 520)).toEqual(["stuck"]);
  });
  expect(lines).toEqual([expect.objectContaining({ message: "record out of time", message_id: "stuck" })]);
});

test("each log line of a handler contains the trace context of the own message, and of no other message", async () => {
  const bodyOf = (digit: number) =>
    JSON.stringify({ traceparent: `00-${String(digit).repeat(32)}-b7ad6b7169203331-01` });
  const none = JSON.stringify({ traceparent: "00-invalid" });
  const bodies = [bodyOf(1), none, bodyOf(2), bodyOf(3), "stuck"];
  const handle: HandleMessage = async ({ body }) => {
    log.info("before", { body });
    await new Promise(setImmediate);
    log.error("after", { body }, new Error("unread"));
    if (body === bodyOf(2)) throw new Error("surprise");
    return body === bodyOf(3) ? new Promise(() => undefined) : "acknowledged";
  };
  const lines = await captured(() => failuresOf(handle, bodies, 600));
  const traceOf = (message: unknown, id: unknown) =>
    lines.find((line) => line.message === message && (line.body ?? line.message_id) === id)?.traceparent;
  const traces = (message: string) => bodies.map((body) => traceOf(message, body)?.toString().slice(0, 5));
  expect(traces("before")).toEqual(["00-11", undefined, "00-22", "00-33", undefined]);
  expect(traces("after")).toEqual(["00-11", undefined, "00-22", "00-33", undefined]);
  expect(traceOf("record failed", bodyOf(2))).toMatch(/^00-22/);
  expect(traceOf("record out of time", bodyOf(3))).toMatch(/^00-33/);
});

import { SendMessageBatchCommand, type SendMessageBatchCommandOutput, SQSClient } from "@aws-sdk/client-sqs";
import { jest } from "@jest/globals";
import { mockClient } from "aws-sdk-client-mock";
import { createNotificationMessage, createPollMessage } from "../../../lib/queue/messages.ts";
import type { OutgoingMessage } from "../../../lib/queue/queue.ts";
import { MAX_BATCH_ENTRIES } from "../../../lib/queue/sqs-batch-request.ts";
import { createSqsQueue, MAX_BATCH_BYTES, splitIntoSqsBatches } from "../../../lib/queue/sqs-queue.ts";
import fc from "../../support/properties.ts";

const sqs = mockClient(SQSClient);
const url = "https://sqs.invalid/queue";
let waited: number[] = [];
const queue = createSqsQueue({
  client: new SQSClient({ region: "eu-central-1" }),
  url,
  random: () => 0.5,
  async wait(ms) {
    waited.push(ms);
  },
});

beforeEach(() => {
  sqs.reset();
  waited = [];
});

const messages = ["a", "b", "c"].map((id) => ({ id, body: id.toUpperCase(), delaySeconds: 0 }));

function answer(sent: readonly string[], failed: readonly string[]): SendMessageBatchCommandOutput {
  return {
    $metadata: {},
    Successful: sent.map((Id) => ({ Id, MessageId: `id-${Id}`, MD5OfMessageBody: "-" })),
    Failed: failed.map((Id) => ({ Id, Code: "InternalError", SenderFault: false })),
  };
}

const bodiesOf = (call: number) =>
  sqs.commandCalls(SendMessageBatchCommand)[call]?.args[0].input.Entries?.map((entry) => entry.MessageBody);

describe("the SQS queue", () => {
  it("sends only the failed messages again", async () => {
    sqs
      .on(SendMessageBatchCommand)
      .resolvesOnce(answer(["0", "2"], ["1"]))
      .resolves(answer(["1"], []));
    expect((await queue.send(messages)).map(({ kind }) => kind)).toEqual(["sent", "sent", "sent"]);
    expect([bodiesOf(0), bodiesOf(1)]).toEqual([["A", "B", "C"], ["B"]]);
  });

  it("sends the group of a message", async () => {
    sqs.on(SendMessageBatchCommand).resolves(answer(["0", "1"], []));
    const watch = { project: "prod", jobId: "a", caller: "token:ci" };
    const key = { project: "prod", jobId: "a", generation: 0, event: "job.failed", target: "deploys" };
    await queue.send([
      createPollMessage({ ...watch, poll: 1, deadlineAt: 1 }, 0),
      createNotificationMessage({ ...watch, generation: 0 }, key, "failed", 0),
    ]);
    const entries = sqs.commandCalls(SendMessageBatchCommand)[0]?.args[0].input.Entries;
    expect(entries?.map(({ MessageGroupId }) => MessageGroupId)).toEqual(["prod", "deploys"]);
  });

  it("reports a message as failed after two retries", async () => {
    sqs
      .on(SendMessageBatchCommand)
      .resolvesOnce(answer(["0", "1"], ["2"]))
      .resolves(answer([], ["2"]));
    expect(await queue.send(messages)).toEqual([
      { id: "a", kind: "sent" },
      { id: "b", kind: "sent" },
      { id: "c", kind: "failed", reason: "InternalError" },
    ]);
    expect(sqs.commandCalls(SendMessageBatchCommand)).toHaveLength(3);
  });

  it("sends no message again that SQS refused because of the message itself", async () => {
    const tooLong = { Id: "1", Code: "InvalidMessageContents", SenderFault: true };
    const { Failed = [], ...answered } = answer(["0"], ["2"]);
    sqs
      .on(SendMessageBatchCommand)
      .resolvesOnce({ ...answered, Failed: [...Failed, tooLong] })
      .resolves(answer(["2"], []));
    expect(await queue.send(messages)).toEqual([
      { id: "a", kind: "sent" },
      { id: "b", kind: "failed", reason: "InvalidMessageContents" },
      { id: "c", kind: "sent" },
    ]);
    expect([bodiesOf(0), bodiesOf(1), bodiesOf(2)]).toEqual([["A", "B", "C"], ["C"], undefined]);
  });

  it("waits longer before the second retry", async () => {
    sqs.on(SendMessageBatchCommand).resolves(answer([], ["0", "1", "2"]));
    await queue.send(messages);
    expect(waited).toEqual([25, 50]);
  });

  it("really waits 25 ms before a retry if no other wait is given", async () => {
    jest.useFakeTimers();
    try {
      sqs
        .on(SendMessageBatchCommand)
        .resolvesOnce(answer([], ["0"]))
        .resolves(answer(["0"], []));
      const client = new SQSClient({ region: "eu-central-1" });
      const sent = createSqsQueue({ client, url, random: () => 0.5 }).send(messages.slice(0, 1));
      await jest.advanceTimersByTimeAsync(24);
      expect(sqs.commandCalls(SendMessageBatchCommand)).toHaveLength(1);
      await jest.advanceTimersByTimeAsync(1);
      expect(sqs.commandCalls(SendMessageBatchCommand)).toHaveLength(2);
      expect(await sent).toEqual([{ id: "a", kind: "sent" }]);
    } finally {
      jest.useRealTimers();
    }
  });

  it("reports a message as failed when SQS does not mention it", async () => {
    sqs.on(SendMessageBatchCommand).resolves(answer(["0"], []));
    expect((await queue.send(messages.slice(0, 2)))[1]).toEqual({
      id: "b",
      kind: "failed",
      reason: "NotAnswered",
    });
  });

  it("reports all messages of a failed request without a retry, because the SDK retries requests", async () => {
    const throttled = Object.assign(new Error("rate exceeded"), { name: "RequestThrottled" });
    sqs.on(SendMessageBatchCommand).rejects(throttled);
    expect(await queue.send(messages)).toEqual(
      ["a", "b", "c"].map((id) => ({ id, kind: "failed", reason: "RequestThrottled" })),
    );
    expect(sqs.commandCalls(SendMessageBatchCommand)).toHaveLength(1);
  });

  it("sends the body, the delay and the attributes of a message, and no empty fields", async () => {
    sqs.on(SendMessageBatchCommand).resolves(answer(["0", "1"], []));
    const attributes = { reason: "gone", target: "audit" };
    await queue.send([
      { id: "a", body: "A", delaySeconds: 20 },
      { id: "b", body: "B", delaySeconds: 0, attributes },
    ]);
    const typed = (StringValue: string) => ({ DataType: "String", StringValue });
    expect(sqs.commandCalls(SendMessageBatchCommand)[0]?.args[0].input).toEqual({
      QueueUrl: url,
      Entries: [
        { Id: "0", MessageBody: "A", DelaySeconds: 20 },
        {
          Id: "1",
          MessageBody: "B",
          DelaySeconds: 0,
          MessageAttributes: { reason: typed("gone"), target: typed("audit") },
        },
      ],
    });
  });

  it.each([-1, 901, 1.5])("refuses a delay of %d s, and sends nothing", async (delaySeconds) => {
    await expect(queue.send([{ id: "a", body: "A", delaySeconds }])).rejects.toThrow();
    expect(sqs.commandCalls(SendMessageBatchCommand)).toHaveLength(0);
  });

  it("sends no request for no messages", async () => {
    expect(await queue.send([])).toEqual([]);
    expect(sqs.commandCalls(SendMessageBatchCommand)).toHaveLength(0);
  });

  it("reports the reason Unknown for a refusal without a code, and for an error that is not an Error", async () => {
    sqs
      .on(SendMessageBatchCommand)
      .resolves({ Successful: [], Failed: [{ Id: "0", Code: undefined, SenderFault: true }] });
    expect(await queue.send(messages.slice(0, 1))).toEqual([{ id: "a", kind: "failed", reason: "Unknown" }]);
    sqs.reset();
    sqs.on(SendMessageBatchCommand).callsFake(() => Promise.reject("text"));
    expect(await queue.send(messages.slice(0, 1))).toEqual([{ id: "a", kind: "failed", reason: "Unknown" }]);
  });

  it("reports all messages as not mentioned if the response of SQS is empty", async () => {
    sqs.on(SendMessageBatchCommand).resolves({});
    expect(await queue.send(messages)).toEqual(
      ["a", "b", "c"].map((id) => ({ id, kind: "failed", reason: "NotAnswered" })),
    );
  });

  it("sends a batch when another batch fails", async () => {
    const many = Array.from({ length: 12 }, (_, i) => ({ id: `m-${i}`, body: `b-${i}`, delaySeconds: 0 }));
    const ids = many.map((_, i) => String(i));
    sqs
      .on(SendMessageBatchCommand)
      .rejectsOnce(new Error("lost"))
      .resolves(answer(ids.slice(0, 2), []));
    const kinds = (await queue.send(many)).map(({ kind }) => kind);
    expect(kinds).toEqual([...Array.from({ length: 10 }, () => "failed"), "sent", "sent"]);
  });
});

const messageOf = (bytes: number): OutgoingMessage => ({ id: "m", body: "x".repeat(bytes), delaySeconds: 0 });

describe("the batches of messages", () => {
  it("contain all messages in order and stay within the limits of SQS", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: MAX_BATCH_BYTES }), { maxLength: 40 }), (sizes) => {
        const batches = splitIntoSqsBatches(sizes.map(messageOf));
        expect(batches.flat().map(({ body }) => body.length)).toEqual(sizes);
        for (const batch of batches) {
          expect(batch.length).toBeLessThanOrEqual(MAX_BATCH_ENTRIES);
          expect(batch.reduce((sum, { body }) => sum + body.length, 0)).toBeLessThanOrEqual(MAX_BATCH_BYTES);
        }
      }),
      { numRuns: 50 },
    );
  });

  it("count the bytes of bodies and attributes", () => {
    const half = { ...messageOf(0), body: "ü".repeat(MAX_BATCH_BYTES / 4) };
    expect(splitIntoSqsBatches([half, half])).toHaveLength(1);
    expect(splitIntoSqsBatches([half, { ...half, attributes: { reason: "r" } }])).toHaveLength(2);
  });

  it("contain a message that is too large alone", () => {
    expect(splitIntoSqsBatches([messageOf(1), messageOf(MAX_BATCH_BYTES + 1), messageOf(1)])).toHaveLength(3);
  });
});

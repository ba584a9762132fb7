import { SendMessageBatchCommand, type SendMessageBatchCommandOutput, SQSClient } from "@aws-sdk/client-sqs";
import { mockClient } from "aws-sdk-client-mock";
import { createSqsQueue } from "../../../lib/queue/sqs-queue.ts";

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

describe("sending to SQS", () => {
  it("sends entries that failed again, and only these", async () => {
    sqs
      .on(SendMessageBatchCommand)
      .resolvesOnce(answer(["0", "2"], ["1"]))
      .resolves(answer(["1"], []));
    expect((await queue.send(messages)).map(({ kind }) => kind)).toEqual(["sent", "sent", "sent"]);
    expect([bodiesOf(0), bodiesOf(1)]).toEqual([["A", "B", "C"], ["B"]]);
  });

  it("gives an entry up after two repetitions, and names it by the sender's own id", async () => {
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

  it("waits a little longer before the second repetition", async () => {
    sqs.on(SendMessageBatchCommand).resolves(answer([], ["0", "1", "2"]));
    await queue.send(messages);
    expect(waited).toEqual([25, 50]);
  });

  it("takes an entry SQS does not mention for failed", async () => {
    sqs.on(SendMessageBatchCommand).resolves(answer(["0"], []));
    expect((await queue.send(messages.slice(0, 2)))[1]).toEqual({
      id: "b",
      kind: "failed",
      reason: "NotAnswered",
    });
  });

  it("reports all messages of a request that failed as a whole, which the SDK has repeated already", async () => {
    const throttled = Object.assign(new Error("rate exceeded"), { name: "RequestThrottled" });
    sqs.on(SendMessageBatchCommand).rejects(throttled);
    expect(await queue.send(messages)).toEqual(
      ["a", "b", "c"].map((id) => ({ id, kind: "failed", reason: "RequestThrottled" })),
    );
    expect(sqs.commandCalls(SendMessageBatchCommand)).toHaveLength(1);
  });

  it("lets no batch fail for another's sake", async () => {
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

import { setTimeout } from "node:timers/promises";
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
} from "@aws-sdk/client-sqs";
import { jest } from "@jest/globals";
import {
  assertDelaysInRange,
  createCoalescingSender,
  type OutgoingMessage,
  type SendResult,
  sendAllOrThrow,
  type Timer,
} from "../../../lib/queue/queue.ts";
import { createSqsQueue } from "../../../lib/queue/sqs-queue.ts";
import type { SqsServer } from "../../../local/servers/start-sqs.ts";
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

const message = (id: string): OutgoingMessage => ({ id, body: id, delaySeconds: 0 });

function setUp() {
  const calls: string[][] = [];
  const queue = {
    send: async (messages: readonly OutgoingMessage[]): Promise<readonly SendResult[]> => {
      calls.push(messages.map(({ id }) => id));
      return messages.map(({ id }) =>
        id.startsWith("bad") ? { id, kind: "failed", reason: "no" } : { id, kind: "sent" },
      );
    },
  };
  return { calls, queue };
}

it("sends the messages of all records in one request and returns the results of a record to the record", async () => {
  const { calls, queue } = setUp();
  const sender = createCoalescingSender(queue, 3);
  const results = await Promise.all([
    sender.send([message("a")]),
    sender.send([message("bad"), message("b")]),
    sender.send([message("c")]),
  ]);
  expect(calls).toEqual([["a", "bad", "b", "c"]]);
  expect(results.map((own) => own.map(({ id, kind }) => `${id} ${kind}`))).toEqual([
    ["a sent"],
    ["bad failed", "b sent"],
    ["c sent"],
  ]);
});

/** Creates a timer that a test ends itself. `waitsMs` lists the timers that are neither cancelled nor over. */
function createManualTimer() {
  const pending = new Set<{ readonly run: () => void; readonly ms: number }>();
  const timer: Timer = (run, ms) => {
    const entry = { run, ms };
    pending.add(entry);
    return () => pending.delete(entry);
  };
  const end = () => {
    for (const entry of [...pending]) {
      pending.delete(entry);
      entry.run();
    }
  };
  return { timer, end, waitsMs: () => [...pending].map(({ ms }) => ms) };
}

type Step = { readonly send: string } | "done" | "time is over";
const [a, b, c] = [{ send: "a" }, { send: "b" }, { send: "c" }];

it.each<[string, number, readonly Step[], { readonly requests: string[]; readonly waitsMs: number[] }]>([
  ["sends at once for the only record", 1, [a], { requests: ["a"], waitsMs: [] }],
  ["waits for another record that may still send", 2, [a], { requests: [], waitsMs: [100] }],
  ["waits only once for several records", 3, [a, b], { requests: [], waitsMs: [100] }],
  ["sends when the last record sends", 3, [a, b, c], { requests: ["abc"], waitsMs: [] }],
  ["sends when the last other record is done", 2, [a, "done"], { requests: ["a"], waitsMs: [] }],
  ["sends at once when all other records are done", 2, ["done", a], { requests: ["a"], waitsMs: [] }],
  ["waits for each record that is not done", 3, [a, "done"], { requests: [], waitsMs: [100] }],
  ["sends when all other records wait or are done", 3, [a, b, "done"], { requests: ["ab"], waitsMs: [] }],
  ["sends nothing if no record sends", 2, ["done", "done"], { requests: [], waitsMs: [] }],
  ["sends at the end of the time", 10, [a, b, "time is over"], { requests: ["ab"], waitsMs: [] }],
  ["waits again after a request", 10, [a, "time is over", b], { requests: ["a"], waitsMs: [100] }],
  ["starts a new wait after a request without a wait", 2, [a, b, a], { requests: ["ab"], waitsMs: [100] }],
])("%s", (_, records, steps, expected) => {
  const { calls, queue } = setUp();
  const { timer, end, waitsMs } = createManualTimer();
  const sender = createCoalescingSender(queue, records, timer);
  for (const step of steps) {
    if (step === "done") sender.done();
    else if (step === "time is over") end();
    else void sender.send([message(step.send)]);
  }
  expect({ requests: calls.map((ids) => ids.join("")), waitsMs: waitsMs() }).toEqual(expected);
});

describe("the timer of Node.js", () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it("starts a request after 100 ms and does not start a request that was made already", async () => {
    const { calls, queue } = setUp();
    const sender = createCoalescingSender(queue, 2);
    const first = sender.send([message("a")]);
    jest.advanceTimersByTime(99);
    expect(calls).toEqual([]);
    jest.advanceTimersByTime(1);
    await first;
    await Promise.all([sender.send([message("b")]), sender.send([message("c")])]);
    expect(jest.getTimerCount()).toBe(0);
    expect(calls).toEqual([["a"], ["b", "c"]]);
  });
});

it("rejects all sends when the queue throws", async () => {
  const sender = createCoalescingSender({ send: () => Promise.reject(new Error("down")) }, 2);
  const both = await Promise.allSettled([sender.send([message("a")]), sender.send([message("b")])]);
  expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
});

describe("sendAllOrThrow", () => {
  it("resolves when the queue accepts every message", async () => {
    const { calls, queue } = setUp();
    await expect(sendAllOrThrow(queue, [message("a"), message("b")])).resolves.toBeUndefined();
    expect(calls).toEqual([["a", "b"]]);
  });

  it("makes no request without messages", async () => {
    const { calls, queue } = setUp();
    await sendAllOrThrow(queue, []);
    expect(calls).toEqual([]);
  });

  it("throws an error with the reason of each message that the queue did not accept", async () => {
    const { queue } = setUp();
    await expect(
      sendAllOrThrow(queue, [message("bad-1"), message("a"), message("bad-2")]),
    ).rejects.toMatchObject({
      name: "SendFailedError",
      message: "2 of 3 messages were not sent: no, no",
    });
  });
});

test("the error of a delay that SQS does not allow names the delay and the limits", () => {
  const messages = [0, 900, 901].map((delaySeconds) => ({ id: "a", body: "b", delaySeconds }));
  expect(() => assertDelaysInRange(messages.slice(0, 2))).not.toThrow();
  expect(() => assertDelaysInRange(messages)).toThrow(
    expect.objectContaining({
      name: "DelayOutOfRangeError",
      message: "A delay of 901 s is not a whole number from 0 to 900.",
    }),
  );
});

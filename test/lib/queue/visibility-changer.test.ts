import {
  ChangeMessageVisibilityBatchCommand,
  type ChangeMessageVisibilityBatchCommandOutput,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { jest } from "@jest/globals";
import { mockClient } from "aws-sdk-client-mock";
import type { Queue } from "../../../lib/queue/queue.ts";
import { createSqsQueue } from "../../../lib/queue/sqs-queue.ts";

const sqs = mockClient(SQSClient);
const url = "https://sqs.invalid/queue";
let timers: { run: () => void; ms: number; isCancelled: boolean }[] = [];
let queue: Queue;

beforeEach(() => {
  sqs.reset();
  timers = [];
  queue = createSqsQueue({
    client: new SQSClient({ region: "eu-central-1" }),
    url,
    random: () => 0,
    wait: () => Promise.resolve(),
    timer(run, ms) {
      const timer = { run, ms, isCancelled: false };
      timers.push(timer);
      return () => {
        timer.isCancelled = true;
      };
    },
  });
});

/** The response of SQS to a batch in which the entries with the given indexes failed. */
function answer(count: number, failed: readonly number[] = []): ChangeMessageVisibilityBatchCommandOutput {
  const ids = Array.from({ length: count }, (_, index) => index);
  return {
    $metadata: {},
    Successful: ids.filter((id) => !failed.includes(id)).map((id) => ({ Id: String(id) })),
    Failed: failed.map((id) => ({ Id: String(id), Code: "InternalError", SenderFault: false })),
  };
}

const inputs = () =>
  sqs.commandCalls(ChangeMessageVisibilityBatchCommand).map(({ args: [{ input }] }) => input);
const handlesOf = (request: number) => inputs()[request]?.Entries?.map(({ ReceiptHandle }) => ReceiptHandle);
const change = (...handles: readonly string[]) =>
  Promise.allSettled(handles.map((handle) => queue.changeVisibility(handle, 5)));
const letTheWindowPass = () => {
  for (const { run, isCancelled } of timers.splice(0)) if (!isCancelled) run();
};

describe("the change of the visibility on SQS", () => {
  it.each([
    [-1, 0],
    [0, 0],
    [0.2, 1],
    [30, 30],
    [43_199.5, 43_200],
    [43_201, 43_200],
  ])("makes a message invisible for %d s by a timeout of %d s", async (seconds, expected) => {
    sqs.on(ChangeMessageVisibilityBatchCommand).resolves(answer(1));
    const changed = queue.changeVisibility("handle-1", seconds);
    letTheWindowPass();
    await changed;
    expect(inputs()).toEqual([
      {
        QueueUrl: url,
        Entries: [{ Id: "0", ReceiptHandle: "handle-1", VisibilityTimeout: expected }],
      },
    ]);
  });

  it("collects the changes of 20 ms in one request", async () => {
    sqs.on(ChangeMessageVisibilityBatchCommand).resolves(answer(3));
    const changed = change("a", "b", "c");
    expect(timers.map(({ ms }) => ms)).toEqual([20]);
    expect(inputs()).toHaveLength(0);
    letTheWindowPass();
    expect((await changed).map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "fulfilled"]);
    expect([inputs().length, handlesOf(0)]).toEqual([1, ["a", "b", "c"]]);
  });

  it("does not wait for more than ten changes, and sends the next ones in a request of their own", async () => {
    sqs.on(ChangeMessageVisibilityBatchCommand).resolvesOnce(answer(10)).resolves(answer(1));
    const handles = Array.from({ length: 11 }, (_, index) => `handle-${index}`);
    const changed = change(...handles);
    expect(inputs()).toHaveLength(1);
    expect(timers.map(({ isCancelled }) => isCancelled)).toEqual([true, false]);
    letTheWindowPass();
    await changed;
    expect([handlesOf(0), handlesOf(1), inputs().length]).toEqual([handles.slice(0, 10), ["handle-10"], 2]);
  });

  it("throws only for the message that SQS refused, and does not repeat the refused change", async () => {
    const Failed = [{ Id: "1", Code: "ReceiptHandleIsInvalid", SenderFault: true }];
    sqs.on(ChangeMessageVisibilityBatchCommand).resolves({ Successful: [{ Id: "0" }], Failed });
    const changed = change("a", "b");
    letTheWindowPass();
    expect(await changed).toEqual([
      { status: "fulfilled", value: undefined },
      {
        status: "rejected",
        reason: expect.objectContaining({
          name: "VisibilityNotChangedError",
          message: "The visibility of a message was not changed: ReceiptHandleIsInvalid",
        }),
      },
    ]);
    expect(inputs()).toHaveLength(1);
  });

  it("repeats only the change that failed for a reason of SQS", async () => {
    sqs
      .on(ChangeMessageVisibilityBatchCommand)
      .resolvesOnce(answer(2, [1]))
      .resolves({ Successful: [{ Id: "1" }] });
    const changed = change("a", "b");
    letTheWindowPass();
    expect((await changed).map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
    expect([handlesOf(0), handlesOf(1), inputs().length]).toEqual([["a", "b"], ["b"], 2]);
  });

  it("throws for all messages if the request fails", async () => {
    const throttled = Object.assign(new Error("rate exceeded"), { name: "RequestThrottled" });
    sqs.on(ChangeMessageVisibilityBatchCommand).rejects(throttled);
    const changed = change("a", "b");
    letTheWindowPass();
    expect(await changed).toEqual(
      ["a", "b"].map(() => ({
        status: "rejected",
        reason: expect.objectContaining({ message: expect.stringContaining("RequestThrottled") }),
      })),
    );
  });

  it("really waits 20 ms if no other timer is given", async () => {
    jest.useFakeTimers();
    try {
      sqs.on(ChangeMessageVisibilityBatchCommand).resolves(answer(1));
      const client = new SQSClient({ region: "eu-central-1" });
      const changed = createSqsQueue({ client, url, random: () => 0 }).changeVisibility("a", 5);
      await jest.advanceTimersByTimeAsync(19);
      expect(inputs()).toHaveLength(0);
      await jest.advanceTimersByTimeAsync(1);
      expect(inputs()).toHaveLength(1);
      await changed;
    } finally {
      jest.useRealTimers();
    }
  });
});

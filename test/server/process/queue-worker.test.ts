import { jest } from "@jest/globals";
import type { Disposition } from "../../../lib/runtime/sqs-handler.ts";
import { QueueWorker } from "../../../server/process/queue-worker.ts";
import { captured } from "../../lib/runtime/captured.ts";

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe("the worker of a queue", () => {
  it("receives only when a message becomes visible, because each receive is a transaction", async () => {
    let receives = 0;
    let nextVisibleAt: number | null = null;
    const worker = new QueueWorker({
      queue: {
        receive: async () => {
          receives += 1;
          return [];
        },
        remove: async () => undefined,
        nextVisibleAt: async () => nextVisibleAt,
      },
      startBatch: () => async () => "acknowledged",
      concurrency: 10,
      timeLimitMs: 1000,
      now: Date.now,
      monotonic: () => performance.now(),
    });
    const wakeFor = async (delayMs: number) => {
      worker.wake(Date.now() + delayMs);
      await jest.advanceTimersByTimeAsync(0);
      return receives;
    };
    worker.wake();
    await jest.advanceTimersByTimeAsync(0);
    expect(receives).toBe(1);
    expect(await wakeFor(28_000)).toBe(1);
    expect(await wakeFor(1000)).toBe(1);
    nextVisibleAt = Date.now() + 300;
    expect(await wakeFor(300)).toBe(2);
    nextVisibleAt = null;
    await jest.advanceTimersByTimeAsync(299);
    expect(receives).toBe(2);
    await jest.advanceTimersByTimeAsync(1);
    expect(receives).toBe(3);
    expect(await wakeFor(0)).toBe(4);
    await jest.advanceTimersByTimeAsync(1000);
    expect(receives).toBe(5);
    await worker.stop();
  });
});

/** A queue in memory that returns the given batches, and a worker of the queue. */
function createWorker(
  handle: (message: { readonly body: string }) => Promise<Disposition>,
  options: {
    readonly batches: (readonly string[])[];
    readonly concurrency?: number;
    readonly receiveFails?: number;
    readonly beforeReceive?: Promise<void>;
  },
) {
  const removed: string[] = [];
  const asked: number[] = [];
  let reads = 0;
  let failures = options.receiveFails ?? 0;
  const worker = new QueueWorker({
    queue: {
      receive: async (max) => {
        if (failures > 0) {
          failures -= 1;
          throw new Error("the database is locked");
        }
        await options.beforeReceive;
        asked.push(max);
        return (options.batches.shift() ?? []).map((body) => ({
          messageId: body,
          body,
          attributes: {},
          sentAt: 0,
          receiveCount: 1,
          receiptHandle: `${body}/1`,
        }));
      },
      remove: async (receiptHandle) => void removed.push(receiptHandle),
      nextVisibleAt: async () => {
        reads += 1;
        return null;
      },
    },
    startBatch: () => handle,
    concurrency: options.concurrency ?? 10,
    timeLimitMs: 60_000,
    now: Date.now,
    monotonic: () => performance.now(),
  });
  return { worker, removed, asked, readsOfNextMessage: () => reads };
}

describe("a message that the worker has received", () => {
  it("is removed only if its handler acknowledges it", async () => {
    const handle = async ({ body }: { readonly body: string }): Promise<Disposition> => {
      if (body === "fails") throw new Error("planned");
      return body === "done" ? "acknowledged" : "retry";
    };
    const { worker, removed } = createWorker(handle, { batches: [["done", "again", "fails"]] });
    const lines = await captured(async () => {
      worker.wake();
      await jest.advanceTimersByTimeAsync(0);
    });
    expect(removed).toEqual(["done/1"]);
    expect(lines).toMatchObject([{ message: "record failed", message_id: "fails" }]);
    await worker.stop();
  });

  it("is not handled a second time while it is being handled", async () => {
    const started: string[] = [];
    const end = Promise.withResolvers<Disposition>();
    const handle = ({ body }: { readonly body: string }) => {
      started.push(body);
      return end.promise;
    };
    const { worker } = createWorker(handle, { batches: [["a"], ["a", "b"]] });
    worker.wake();
    await jest.advanceTimersByTimeAsync(0);
    expect(started).toEqual(["a", "b"]);
    end.resolve("acknowledged");
    await worker.stop();
  });

  it("is one of at most as many as the worker may handle at the same time", async () => {
    const finish: (() => void)[] = [];
    const handle = () => new Promise<Disposition>((resolve) => finish.push(() => resolve("acknowledged")));
    const { worker, asked } = createWorker(handle, { batches: [["a", "b"], ["c"], ["d"]], concurrency: 3 });
    worker.wake();
    await jest.advanceTimersByTimeAsync(0);
    expect([asked, finish.length]).toEqual([[3, 1], 3]);
    worker.wake();
    await jest.advanceTimersByTimeAsync(2000);
    expect(asked).toEqual([3, 1]);
    finish[0]?.();
    await jest.advanceTimersByTimeAsync(0);
    expect([asked, finish.length]).toEqual([[3, 1, 1], 4]);
    for (const end of finish) end();
    await worker.stop();
  });

  it("is handled before the stop of the worker is over, and no other message is received", async () => {
    const end = Promise.withResolvers<Disposition>();
    const { worker, removed, asked, readsOfNextMessage } = createWorker(() => end.promise, {
      batches: [["a"], [], ["b"]],
    });
    worker.wake();
    await jest.advanceTimersByTimeAsync(0);
    const before = asked.length;
    let isStopped = false;
    const stopped = worker.stop().then(() => {
      isStopped = true;
    });
    await jest.advanceTimersByTimeAsync(5000);
    expect([isStopped, removed]).toEqual([false, []]);
    end.resolve("acknowledged");
    await stopped;
    worker.wake();
    await jest.advanceTimersByTimeAsync(5000);
    expect([removed, asked.length]).toEqual([["a/1"], before]);
    // After the stop, the database may be closed.
    expect(readsOfNextMessage()).toBe(1);
  });
});

test("the worker receives again a second after an error of the database, and logs the error", async () => {
  const handled: string[] = [];
  const handle = async ({ body }: { readonly body: string }): Promise<Disposition> => {
    handled.push(body);
    return "acknowledged";
  };
  const { worker } = createWorker(handle, { batches: [["a"]], receiveFails: 1 });
  const lines = await captured(async () => {
    worker.wake();
    await jest.advanceTimersByTimeAsync(999);
    expect(handled).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
  });
  expect(handled).toEqual(["a"]);
  expect(lines).toMatchObject([
    { message: "queue unavailable", error: { message: "the database is locked" } },
  ]);
  await worker.stop();
});

test("the stop of the worker waits for a receive that is running, and for the messages that it returns", async () => {
  const received = Promise.withResolvers<void>();
  const { worker, removed } = createWorker(async () => "acknowledged", {
    batches: [["a"]],
    beforeReceive: received.promise,
  });
  worker.wake();
  await jest.advanceTimersByTimeAsync(0);
  let isStopped = false;
  const stopped = worker.stop().then(() => {
    isStopped = true;
  });
  await jest.advanceTimersByTimeAsync(5000);
  expect(isStopped).toBe(false);
  received.resolve();
  await stopped;
  expect(removed).toEqual(["a/1"]);
});

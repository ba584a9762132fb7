import { jest } from "@jest/globals";
import { QueueWorker } from "../../../server/process/queue-worker.ts";

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

import { jest } from "@jest/globals";

const NOT_FAKED = ["nextTick", "setImmediate", "setInterval", "Date", "queueMicrotask"] as const;

/**
 * Replaces `setTimeout` and `performance` by fake ones until `jest.useRealTimers`. Time limits then end only when the
 * test calls `jest.advanceTimersByTime`, so that a slow machine changes no result. Sockets and promises work as usual.
 */
export function fakeTimeouts(): void {
  jest.useFakeTimers({ doNotFake: [...NOT_FAKED] });
}

/** Returns the result of `work` if `work` has ended, and otherwise "waits". */
export async function resultOrWaits<T>(work: Promise<T>): Promise<T | "waits"> {
  // All that follows from an elapsed time limit, without a socket or another timer, ends before the next `setImmediate`.
  await new Promise<void>((resolve) => setImmediate(resolve));
  return Promise.race([work, "waits" as const]);
}

/**
 * Returns a function that ends the latest time limit of `limitMs`, as if this time were over. A test calls the returned
 * function when a server or a client has come as far as the test needs. Call `jest.restoreAllMocks` after the test.
 * @throws Error from the returned function if no timer has this time limit, because the test would wait for ever.
 */
export function controlTimeLimit(limitMs: number): () => void {
  const timers = jest.spyOn(globalThis, "setTimeout");
  return () => {
    const found = timers.mock.calls.findLast(([, ms]) => ms === limitMs);
    if (found === undefined) throw new Error(`No timer has the time limit of ${limitMs} ms.`);
    found[0]();
  };
}

import { jest } from "@jest/globals";

/**
 * Runs an action. Returns the number of timers that were started with `setTimeout` during it and have neither ended nor
 * been stopped. Timers of Node.js and of Jest do not count.
 * @param delayMs only timers with this delay count. Without a value, all timers count
 */
export async function countOpenTimers(action: () => Promise<unknown>, delayMs?: number): Promise<number> {
  const open = new Set<unknown>();
  const { setTimeout, clearTimeout } = globalThis;
  const start = (run: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) => {
    const end = () => {
      open.delete(timer);
      run(...args);
    };
    const timer = setTimeout(end, ms);
    if (delayMs === undefined || ms === delayMs) open.add(timer);
    return timer;
  };
  const started = jest.spyOn(globalThis, "setTimeout").mockImplementation(start as typeof setTimeout);
  const stopped = jest.spyOn(globalThis, "clearTimeout").mockImplementation((timer) => {
    open.delete(timer);
    clearTimeout(timer);
  });
  try {
    await action();
    return open.size;
  } finally {
    started.mockRestore();
    stopped.mockRestore();
  }
}

import { setTimeout } from "node:timers/promises";

const PAUSE_MS = 60;

/**
 * Calls `read` repeatedly. Returns the first value of `read` that is not null, undefined or false.
 * @param what the thing that the test waits for, as text for the error message.
 * @throws if `read` returns no such value within `withinMs` milliseconds. The default is almost the time limit of a
 * test, because other programs can make a test many times slower.
 */
export async function eventually<T>(
  what: string,
  read: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  withinMs = 800_000,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const value = await read();
    if (value !== null && value !== undefined && value !== false) return value;
    if (Date.now() > deadline) throw new Error(`waited ${withinMs} ms for ${what}`);
    await setTimeout(PAUSE_MS);
  }
}

import { setTimeout } from "node:timers/promises";

/** Between two looks at something that another process does: often enough to lose no time, not a busy loop. */
const PAUSE_MS = 60;

/**
 * Asks until the answer is neither null nor undefined nor false, and gives it back. Throws once `withinMs` are over,
 * naming what was waited for.
 */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  withinMs = 30_000,
): Promise<T> {
  const until = Date.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== undefined && answer !== false) return answer;
    if (Date.now() > until) throw new Error(`waited ${withinMs} ms in vain for ${what}`);
    await setTimeout(PAUSE_MS);
  }
}

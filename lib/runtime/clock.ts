/**
 * Returns the current time in milliseconds. Only this file reads the clock or draws random numbers. All other code gets
 * the clock and the random numbers as parameters.
 */
export const systemClock = (): number => Date.now();

export const systemRandom = (): number => Math.random();

/** Returns milliseconds that never decrease, to measure durations. */
export const monotonicClock = (): number => performance.now();

/** Waits for a number of milliseconds. The function loads no module, unlike `node:timers/promises`. */
export const systemWait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

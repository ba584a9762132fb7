/** The only file that reads the clock or draws random numbers. All other code takes both as parameters. */
export const systemClock = (): number => Date.now();

export const systemRandom = (): number => Math.random();

/** Milliseconds that never decrease, for measuring durations. */
export const monotonicClock = (): number => performance.now();

/** Resolves after this many milliseconds. Loads no module, unlike `node:timers/promises`. */
export const systemWait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Returns the current time in milliseconds. Only this file reads the clock and creates random numbers. All other code
 * of the service gets the clock and the random numbers as parameters.
 */
export const systemClock = (): number => Date.now();

export const systemRandom = (): number => Math.random();

/** Returns the number of milliseconds of a clock that never goes back. This clock is used to measure durations. */
export const monotonicClock = (): number => performance.now();

/** Waits for a number of milliseconds. Unlike `node:timers/promises`, this function does not load a module. */
export const systemWait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

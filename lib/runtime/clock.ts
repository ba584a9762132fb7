/** The only place where the product reads the clock or draws chance; all else takes them as parameters. */
export const systemClock = (): number => Date.now();

export const systemRandom = (): number => Math.random();

/** Milliseconds that never run backwards, for durations. */
export const monotonicClock = (): number => performance.now();

/** Resolves after so many milliseconds. (`node:timers/promises` would be a module to load for it.) */
export const systemWait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

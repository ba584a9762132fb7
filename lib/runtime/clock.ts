/**
 * Returns the current time in milliseconds, corrected by `correctSystemClockIfFarOff`. Only this file may read the
 * clock and create random numbers. All other code gets the clock and random numbers as parameters.
 */
export const systemClock = (): number => Date.now() + correctionMs;

/**
 * If the two clocks differ by this time or more, the system clock is wrong. A smaller difference can have two other
 * causes. A response may take three seconds, and the header `Date` has only whole seconds.
 */
const MIN_CORRECTION_MS = 5000;

let correctionMs = 0;

/**
 * Compares the clock of this machine with the clock of AWS. If the two clocks differ by 5 seconds or more,
 * `systemClock` returns the time of AWS from now on. With a wrong clock, watches and leases would end too early or too
 * late.
 * @param awsTimeMs the time of an AWS response that has just arrived, in milliseconds
 */
export function correctSystemClockIfFarOff(awsTimeMs: number): void {
  const differenceMs = awsTimeMs - Date.now();
  correctionMs = Math.abs(differenceMs) < MIN_CORRECTION_MS ? 0 : differenceMs;
}

export const systemRandom = (): number => Math.random();

/** Returns the milliseconds of a clock that is never set back. The service measures durations with this clock. */
export const monotonicClock = (): number => performance.now();

/** The function does not use `node:timers/promises`, because this would load a further module. */
export const systemWait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

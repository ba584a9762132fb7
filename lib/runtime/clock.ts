/**
 * Returns the current time in milliseconds. The function `correctSystemClockIfFarOff` may have corrected the clock.
 * Only `clock.ts` may read the clock or create random numbers. All other code gets the clock and the random numbers as
 * function parameters.
 */
export const systemClock = (): number => Date.now() + correctionMs;

/**
 * If the clocks of the system and of AWS differ by at least `MIN_CORRECTION_MS`, the clock of the system is wrong. A
 * difference below `MIN_CORRECTION_MS` proves nothing, because a response may take three seconds and the header `Date`
 * contains only whole seconds.
 */
const MIN_CORRECTION_MS = 5000;

let correctionMs = 0;

/**
 * Compares the clock of the system with the clock of AWS. If the clocks of the system and of AWS differ by 5 seconds or
 * more, `systemClock` returns the time of AWS from now on. With a wrong clock, watches and leases would end too early
 * or too late.
 * @param awsTimeMs the time in an AWS response that has just arrived, in milliseconds
 */
export function correctSystemClockIfFarOff(awsTimeMs: number): void {
  const differenceMs = awsTimeMs - Date.now();
  correctionMs = Math.abs(differenceMs) < MIN_CORRECTION_MS ? 0 : differenceMs;
}

export const systemRandom = (): number => Math.random();

/**
 * Returns the time of a clock that never goes back (a monotonic clock), in milliseconds. The service measures durations
 * with this clock.
 */
export const monotonicClock = (): number => performance.now();

/** The function does not import `node:timers/promises`, because the import of another module takes time. */
export const systemWait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

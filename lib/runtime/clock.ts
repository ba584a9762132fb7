/**
 * Returns the current time in milliseconds, corrected by `correctSystemClock`. Only this file may read the clock and
 * create random numbers. All other code of the service gets the clock and the random numbers as parameters.
 */
export const systemClock = (): number => Date.now() + correctionMs;

/**
 * The smallest measured difference from the clock of AWS that proves that the system clock is wrong. Two correct clocks
 * can seem to differ by a few seconds. A response of AWS may take up to three seconds to arrive, and the time in the
 * header `Date` has only whole seconds.
 */
const MIN_CORRECTION_MS = 5000;

let correctionMs = 0;

/**
 * Compares the clock of this machine with the clock of AWS. If the two clocks differ by 5 seconds or more,
 * `systemClock` then returns the time of AWS. A wrong clock would end watches before their deadline and leases before
 * their end.
 * @param awsTimeMs the time in a response that AWS has just sent, in milliseconds
 */
export function correctSystemClock(awsTimeMs: number): void {
  const differenceMs = awsTimeMs - Date.now();
  correctionMs = Math.abs(differenceMs) < MIN_CORRECTION_MS ? 0 : differenceMs;
}

export const systemRandom = (): number => Math.random();

/**
 * Returns the number of milliseconds of a clock that never goes back. The product measures durations with this clock.
 */
export const monotonicClock = (): number => performance.now();

/** Unlike `node:timers/promises`, `systemWait` does not load a module. */
export const systemWait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

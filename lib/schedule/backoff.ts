/** Full jitter over a doubling ceiling ("Exponential Backoff And Jitter", AWS Architecture Blog, 2015). */
const BASE_SECONDS = 5;
const CEILING_SECONDS = 300;

/** The delay after so many polls in a row (1, 2, …) that brought no job, in whole seconds. */
export function backoffSeconds(consecutiveFailures: number, random: () => number): number {
  const ceiling = Math.min(
    CEILING_SECONDS,
    BASE_SECONDS * 2 ** Math.min(20, Math.max(0, consecutiveFailures - 1)),
  );
  return 1 + Math.floor(random() * ceiling);
}

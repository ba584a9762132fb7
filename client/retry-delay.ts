export const MAX_TRIES = 5;
const FIRST_DELAY_MS = 500;
/** The longest time that the client waits before it repeats a call, even if the service asks for a longer time. */
const MAX_DELAY_MS = 30_000;
/** After one of these HTTP statuses, the service has not carried out the call. */
const NOT_CARRIED_OUT: readonly number[] = [429, 503];
/** After one of these HTTP statuses, the service may have carried out the call. */
const UNKNOWN_RESULT: readonly number[] = [500, 502, 504];

/** The result of a failed attempt to call the service. The field `status` is null if no response arrived. */
export interface FailedTry {
  readonly status: number | null;
  readonly retryAfterSeconds: number | null;
}

/**
 * Returns the milliseconds to wait before the next try, or null if no further try is allowed. A call that is not
 * repeatable is tried again only if the service has not carried out the call.
 * @param tries the number of tries so far.
 * @param random a number from 0 to 1 that spreads the delays of several clients.
 */
export function retryDelayMs(
  { status, retryAfterSeconds }: FailedTry,
  repeatable: boolean,
  tries: number,
  random: number,
): number | null {
  const isSafe = status !== null && NOT_CARRIED_OUT.includes(status);
  const mayHelp = status === null || UNKNOWN_RESULT.includes(status);
  const retryAfterMs = (retryAfterSeconds ?? 0) * 1000;
  if (!isSafe && !(repeatable && mayHelp)) return null;
  if (tries >= MAX_TRIES || retryAfterMs > MAX_DELAY_MS) return null;
  const backoffMs = FIRST_DELAY_MS * 2 ** (tries - 1) * (0.75 + random / 2);
  return Math.max(backoffMs, retryAfterMs);
}

export const MAX_TRIES = 5;
const FIRST_DELAY_MS = 500;
/** The longest time that the client waits before it repeats a call, even if the service asks for a longer time. */
const MAX_DELAY_MS = 30_000;
const TOO_MANY_REQUESTS = 429;
const UNAVAILABLE = 503;
/** The HTTP statuses of failed calls that the service may still have carried out. */
const UNKNOWN_RESULT: readonly number[] = [500, 502, UNAVAILABLE, 504];

/** The result of a failed attempt to call the service. `status` is null if no response arrived. */
export interface FailedTry {
  readonly status: number | null;
  readonly retryAfterSeconds: number | null;
  /**
   * True if the response is a problem document (RFC 9457). Problem documents come only from the service and never from
   * a gateway.
   */
  readonly isProblem: boolean;
}

/**
 * Returns true if the service has certainly not carried out the call. A 503 response without a problem document comes
 * from a gateway. The gateway sends it after 30 seconds, but the service may still carry out the call.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
 */
function isNotCarriedOut({ status, isProblem }: FailedTry): boolean {
  return status === TOO_MANY_REQUESTS || (status === UNAVAILABLE && isProblem);
}

/**
 * Returns how many milliseconds the client waits before it repeats a failed call, or null if it must not repeat the
 * call. A call that is not repeatable is repeated only if the service has certainly not carried it out.
 * @param random a number from 0 to 1 that spreads the delays of several clients.
 */
export function retryDelayMs(
  failed: FailedTry,
  repeatable: boolean,
  tries: number,
  random: number,
): number | null {
  const { status, retryAfterSeconds } = failed;
  const mayHelp = status === null || UNKNOWN_RESULT.includes(status);
  const retryAfterMs = (retryAfterSeconds ?? 0) * 1000;
  if (!isNotCarriedOut(failed) && !(repeatable && mayHelp)) return null;
  if (tries >= MAX_TRIES || retryAfterMs > MAX_DELAY_MS) return null;
  const backoffMs = FIRST_DELAY_MS * 2 ** (tries - 1) * (0.75 + random / 2);
  return Math.max(backoffMs, retryAfterMs);
}

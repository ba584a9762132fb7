export const MAX_TRIES = 5;
const FIRST_DELAY_MS = 500;
/** The longest time until the client repeats a call, even if the header `retry-after` asks for a longer time. */
const MAX_DELAY_MS = 30_000;
const TOO_MANY_REQUESTS = 429;
const UNAVAILABLE = 503;
/** The HTTP statuses of failed calls that the service may have carried out. */
const UNKNOWN_RESULT: readonly number[] = [500, 502, UNAVAILABLE, 504];

/** The result of a failed call to the service. `status` is the HTTP status, or null if no response arrived. */
export interface FailedTry {
  readonly status: number | null;
  readonly retryAfterSeconds: number | null;
  /**
   * True if the response body is a problem document (RFC 9457). Problem documents come only from the service and never
   * from a gateway.
   */
  readonly isProblem: boolean;
}

/**
 * Returns true if the response proves that the service has not carried out the call. A gateway between the client and
 * the service sends the status 503 without a problem document. The gateway sends the status 503 after 30 seconds, while
 * the service may still carry out the call.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
 */
function isNotCarriedOut({ status, isProblem }: FailedTry): boolean {
  return status === TOO_MANY_REQUESTS || (status === UNAVAILABLE && isProblem);
}

/**
 * Returns the milliseconds until the client repeats a failed call, or null if the client must not repeat the call.
 * @param repeatable false for a call such as sending a test message. The client repeats such a call only if the service
 * certainly did not carry it out.
 * @param random a number from 0 to 1. Random delays prevent that many clients call the service at the same time.
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

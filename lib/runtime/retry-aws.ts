import type { Instant } from "../domain/job.ts";
import { toObjectOrEmpty } from "../domain/json.ts";

/**
 * The names of the errors that AWS services return when they get too many requests. AWS sends these throttling errors
 * with the HTTP status 400. SSM sends `TooManyUpdates` while the same parameter is written. SQS sends
 * `RequestThrottled` and `KmsThrottled`. DynamoDB sends `ProvisionedThroughputExceededException`.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/CommonErrors.html
 */
const THROTTLED: ReadonlySet<string> = new Set([
  "ThrottlingException",
  "TooManyUpdates",
  "TooManyRequestsException",
  "RequestLimitExceeded",
  "RequestThrottled",
  "KmsThrottled",
  "ProvisionedThroughputExceededException",
]);

/** Returns true if a failed AWS request may succeed later: after throttling, a server error or a network error. */
export function isTransientAwsError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (THROTTLED.has(error.name)) return true;
  const { $metadata, code } = toObjectOrEmpty(error);
  // The AWS SDK sets `$metadata` on each error of a request. An error without `$metadata` is a bug of this program.
  if ($metadata === undefined) return false;
  const { httpStatusCode: status } = toObjectOrEmpty($metadata);
  // A network error has an error code of Node.js and no HTTP status.
  return typeof status === "number" ? status >= 500 || status === 429 : typeof code === "string";
}

/** Errors of requests that are wrong because of a bug in this program. */
const REFUSED_REQUESTS: ReadonlySet<string> = new Set([
  "ValidationException",
  "SerializationException",
  "ConditionalCheckFailedException",
  "TransactionCanceledException",
  "InvalidMessageContents",
]);

/**
 * Returns true if AWS failed although the request was correct. AWS may be unavailable, or a table, queue, key or
 * permission may be missing.
 */
export function isAwsUnavailableOrMisconfigured(error: unknown): boolean {
  if (isTransientAwsError(error)) return true;
  return (
    error instanceof Error &&
    toObjectOrEmpty(error).$metadata !== undefined &&
    !REFUSED_REQUESTS.has(error.name)
  );
}

export interface RetryOptions {
  /** The time after which no request starts. */
  readonly until: Instant;
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  readonly now: () => Instant;
  readonly random: () => number;
  readonly wait: (ms: number) => Promise<void>;
}

/**
 * Repeats an AWS request until it succeeds or fails with a permanent error. The delay doubles after each failure. Half
 * of it is random, so that throttled instances do not all try again at the same time.
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 * @throws the error of the last request.
 */
export async function retryTransientAwsErrors<T>(
  request: () => Promise<T>,
  options: RetryOptions,
): Promise<T> {
  const { until, firstDelayMs, maxDelayMs, now, random, wait } = options;
  for (let longestMs = firstDelayMs; ; longestMs = Math.min(2 * longestMs, maxDelayMs)) {
    try {
      return await request();
    } catch (error) {
      const delayMs = (longestMs * (1 + random())) / 2;
      if (!isTransientAwsError(error) || now() + delayMs > until) throw error;
      await wait(delayMs);
    }
  }
}

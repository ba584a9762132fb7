import type { Instant } from "../domain/job.ts";
import { toObjectOrEmpty } from "../domain/json.ts";

/**
 * The names of the errors that AWS services return when they get too many requests. AWS services return these errors
 * with the HTTP status 400. SSM sends `TooManyUpdates` during another write of the same parameter. SQS sends
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

/**
 * Returns true if a failed request to AWS may succeed later. A repeated request may succeed if the first request failed
 * because of throttling, a server error or a network error.
 */
export function isTransientAwsError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (THROTTLED.has(error.name)) return true;
  const { $metadata, code } = toObjectOrEmpty(error);
  // The AWS SDK sets `$metadata` on each error of a request. A Node.js error without `$metadata` is a bug in the
  // program.
  if ($metadata === undefined) return false;
  const { httpStatusCode: status } = toObjectOrEmpty($metadata);
  // A network error has an error code of Node.js and no HTTP status.
  return typeof status === "number" ? status >= 500 || status === 429 : typeof code === "string";
}

/** The names of the errors with which AWS refuses a request that a bug in this program has made. */
const REFUSED_REQUESTS: ReadonlySet<string> = new Set([
  "ValidationException",
  "SerializationException",
  "ConditionalCheckFailedException",
  "TransactionCanceledException",
  "InvalidMessageContents",
]);

/**
 * Returns true if an AWS service failed although the request to the service was correct. The cause may be an outage of
 * the AWS service. The cause may also be a missing table, queue, key or permission.
 */
export function isAwsOutage(error: unknown): boolean {
  if (isTransientAwsError(error)) return true;
  return (
    error instanceof Error &&
    toObjectOrEmpty(error).$metadata !== undefined &&
    !REFUSED_REQUESTS.has(error.name)
  );
}

export interface RetryOptions {
  /** No request to AWS starts after the time `until`. */
  readonly until: Instant;
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  readonly now: () => Instant;
  readonly random: () => number;
  readonly wait: (ms: number) => Promise<void>;
}

/**
 * Repeats a request to AWS until the request succeeds or fails with a permanent error. The delay doubles after each
 * failed request. Half of each delay is random, so that throttled Lambda instances do not all repeat their requests at
 * the same time.
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 * @throws the error of the last request.
 */
export async function retryAws<T>(request: () => Promise<T>, options: RetryOptions): Promise<T> {
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

import type { Clock, Instant, Random } from "../domain/job.ts";
import { toObjectOrEmpty } from "../domain/json.ts";

/**
 * The names of the errors with which AWS services refuse too many requests. The HTTP status of a throttling error of
 * AWS is 400, so only the name of the error shows the reason. SSM sends `TooManyUpdates` if another request is writing
 * the same parameter. SQS sends `RequestThrottled` or `KmsThrottled`. DynamoDB sends
 * `ProvisionedThroughputExceededException`.
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
 * Returns true if a failed AWS request may succeed later. For example, throttling, a server error and a network error
 * are temporary.
 */
export function isTransientAwsError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (THROTTLED.has(error.name)) return true;
  const { $metadata, code } = toObjectOrEmpty(error);
  // The AWS SDK sets the field `$metadata` on every error of a request. An error without the field `$metadata` does not
  // come from a request, so it is a bug in this program.
  if ($metadata === undefined) return false;
  const { httpStatusCode: status } = toObjectOrEmpty($metadata);
  // A network error has no HTTP status, but an error code of Node.js.
  return typeof status === "number" ? status >= 500 || status === 429 : typeof code === "string";
}

/** The names of the errors with which AWS refuses a wrong request of this program. Such an error shows a bug. */
const REFUSED_REQUESTS: ReadonlySet<string> = new Set([
  "ValidationException",
  "SerializationException",
  "ConditionalCheckFailedException",
  "TransactionCanceledException",
  "InvalidMessageContents",
]);

/**
 * Returns true if a correct request to AWS failed. AWS may not be available, or a table, a queue, a key or a permission
 * may be missing.
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
  /** After the time `until`, the function does not send the request again. */
  readonly until: Instant;
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  readonly now: Clock;
  readonly random: Random;
  readonly wait: (ms: number) => Promise<void>;
}

/**
 * Repeats a request to AWS until it succeeds or fails with a permanent error. Each failure doubles the delay before the
 * next request. Half of the delay is random, so that throttled instances do not all try again at the same time.
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 * @throws the error of the latest request.
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

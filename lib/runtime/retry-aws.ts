import type { Instant } from "../domain/job.ts";
import { toObjectOrEmpty } from "../domain/json.ts";

/**
 * The names of the errors with which AWS refuses a request that came too early. All have the status 400. SSM sends
 * `TooManyUpdates` during another write of the same parameter. SQS sends `RequestThrottled` and `KmsThrottled`. DynamoDB
 * sends `ProvisionedThroughputExceededException`.
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

/** Returns whether the same request may succeed later: after throttling, a server error, or no answer at all. */
export function isTransientAwsError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (THROTTLED.has(error.name)) return true;
  const { $metadata, code } = toObjectOrEmpty(error);
  // The SDK sets `$metadata` on each error of a request. An error of Node without it is a fault of the program.
  if ($metadata === undefined) return false;
  const { httpStatusCode: status } = toObjectOrEmpty($metadata);
  // An error of the network has a code of Node and no status.
  return typeof status === "number" ? status >= 500 || status === 429 : typeof code === "string";
}

export interface RetryOptions {
  /** No attempt starts after this instant. */
  readonly until: Instant;
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  readonly now: () => Instant;
  readonly random: () => number;
  readonly wait: (ms: number) => Promise<void>;
}

/**
 * Repeats a request to AWS while it fails with a transient error. The delay doubles each time. Its second half is
 * random, so that instances that were throttled together do not ask together again.
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 * @throws the error of the last attempt.
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

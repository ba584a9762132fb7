import {
  isAwsUnavailableOrMisconfigured,
  isTransientAwsError,
  retryTransientAwsErrors,
} from "../../../lib/runtime/retry-aws.ts";

function awsError(name: string, httpStatusCode?: number, code?: string): Error {
  return Object.assign(new Error(name), { name, $metadata: { httpStatusCode }, ...(code && { code }) });
}

test.each([
  [awsError("ThrottlingException", 400), true],
  [awsError("TooManyUpdates", 400), true],
  [awsError("InternalServerError", 500), true],
  [awsError("ServiceUnavailable", 503), true],
  [awsError("SomethingElse", 429), true],
  [awsError("AwsRequestError", undefined, "ECONNRESET"), true],
  [awsError("TimeoutError", undefined, "DEADLINE_PASSED"), true],
  [awsError("RequestThrottled", 400), true],
  [awsError("KmsThrottled", 400), true],
  [awsError("TooManyRequestsException", 400), true],
  [awsError("RequestLimitExceeded", 400), true],
  [Object.assign(new Error("x"), { name: "ThrottlingException" }), true],
  [awsError("ProvisionedThroughputExceededException", 400), true],
  [awsError("AccessDeniedException", 400), false],
  [awsError("ValidationException", 400), false],
  [awsError("CredentialsProviderError"), false],
  [new TypeError("x is undefined"), false],
  [Object.assign(new TypeError("Invalid URL"), { code: "ERR_INVALID_URL" }), false],
  ["a string", false],
  [{ name: "ThrottlingException", $metadata: { httpStatusCode: 400 } }, false],
])("%s is transient: %s", (error, expected) => {
  expect(isTransientAwsError(error)).toBe(expected);
});

async function attempt(failures: readonly Error[], random = () => 1) {
  const clock = { now: 0 };
  const waits: number[] = [];
  const remaining = [...failures];
  const result = await retryTransientAwsErrors(
    async () => {
      const failure = remaining.shift();
      if (failure !== undefined) throw failure;
      return "done";
    },
    {
      until: 8000,
      firstDelayMs: 100,
      maxDelayMs: 2000,
      now: () => clock.now,
      random,
      wait: async (ms) => {
        waits.push(ms);
        clock.now += ms;
      },
    },
  ).catch((error: unknown) => error);
  return { result, waits, unused: remaining.length };
}

test("the delay doubles up to its maximum, and no attempt starts after the limit", async () => {
  const throttled = Array.from({ length: 20 }, () => awsError("ThrottlingException", 400));
  const { result, waits } = await attempt(throttled);
  expect(result).toBe(throttled[waits.length]);
  expect(waits).toEqual([100, 200, 400, 800, 1600, 2000, 2000]);
});

test("the second half of a delay is random", async () => {
  const { waits } = await attempt([awsError("ThrottlingException", 400)], () => 0);
  expect(waits).toEqual([50]);
});

test("a request succeeds after transient errors, and fails at once after any other error", async () => {
  const transient = awsError("InternalServerError", 500);
  expect(await attempt([transient, transient])).toMatchObject({ result: "done", unused: 0 });
  const denied = awsError("AccessDeniedException", 400);
  expect(await attempt([denied, transient])).toMatchObject({ result: denied, waits: [], unused: 1 });
});

test.each([
  [awsError("ValidationException", 400), false],
  [awsError("SerializationException", 400), false],
  [awsError("ConditionalCheckFailedException", 400), false],
  [awsError("TransactionCanceledException", 400), false],
  [awsError("InvalidMessageContents", 400), false],
  [awsError("AccessDeniedException", 400), true],
  [awsError("ResourceNotFoundException", 400), true],
  [awsError("ValidationException", 500), true],
  [Object.assign(new Error("x"), { name: "ThrottlingException" }), true],
  [new TypeError("x is undefined"), false],
  [{ name: "AccessDeniedException", $metadata: {} }, false],
  [null, false],
])("%s means that AWS is not available or not set up correctly: %s", (error, expected) => {
  expect(isAwsUnavailableOrMisconfigured(error)).toBe(expected);
});

test.each([
  [100, 1],
  [99, 0],
])("a request that may be repeated for %d ms is repeated after 100 ms %d times", async (until, repeats) => {
  let requests = 0;
  const options = { until, firstDelayMs: 100, maxDelayMs: 100, now: () => requests - 1, random: () => 1 };
  const failed = retryTransientAwsErrors(
    async () => {
      requests += 1;
      throw awsError("ThrottlingException", 400);
    },
    { ...options, wait: async () => undefined },
  );
  await expect(failed).rejects.toThrow("ThrottlingException");
  expect(requests - 1).toBe(repeats);
});

import type { Context } from "aws-lambda";
import { createLambdaHandler } from "../../../lib/runtime/invocation.ts";
import { meter } from "../../../lib/runtime/metrics.ts";
import { captured } from "./captured.ts";

const CONTEXT: Partial<Context> = { awsRequestId: "r-1", getRemainingTimeInMillis: () => 1234 };

test("a function receives its request ID and the remaining time", async () => {
  const handler = createLambdaHandler(async (event: { n: number }, { requestId, remainingMs }) => [
    event.n,
    requestId,
    remainingMs(),
  ]);
  expect(await handler({ n: 1 }, CONTEXT as Context)).toEqual([1, "r-1", 1234]);
});

test("a failed invocation still writes its metrics", async () => {
  const handler = createLambdaHandler(async () => {
    meter.add("SweepFound", 2);
    throw new Error("after counting");
  });
  const lines = await captured(async () => {
    await expect(handler({}, CONTEXT as Context)).rejects.toThrow("after counting");
  });
  expect(lines).toEqual([expect.objectContaining({ SweepFound: 2 })]);
});

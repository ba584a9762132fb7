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

test("an invocation returns an error a quarter of a second before its time limit, and then writes its metrics", async () => {
  // Node.js runs timers in the order of their times, also on a busy machine.
  const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms, "no error yet"));
  const handler = createLambdaHandler(async () => {
    meter.add("SweepFound", 1);
    await new Promise(() => {});
  });
  const context: Partial<Context> = { awsRequestId: "r-1", getRemainingTimeInMillis: () => 270 };
  const lines = await captured(async () => {
    await expect(Promise.race([handler({}, context as Context), later(150)])).rejects.toThrow();
  });
  expect(lines).toContainEqual(expect.objectContaining({ SweepFound: 1 }));
});

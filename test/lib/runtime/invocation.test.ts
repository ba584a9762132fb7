import type { Context } from "aws-lambda";
import { createLambdaHandler, createScheduleHandler } from "../../../lib/runtime/invocation.ts";
import { log } from "../../../lib/runtime/log.ts";
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

test("a function on a schedule receives its request ID and the remaining time, and its log lines the request ID", async () => {
  const received: unknown[] = [];
  const handler = createScheduleHandler(async ({ requestId, remainingMs }) => {
    received.push(requestId, remainingMs());
    log.info("swept", {});
  });
  const lines = await captured(() => handler({}, CONTEXT as Context));
  expect(received).toEqual(["r-1", 1234]);
  expect(lines).toEqual([expect.objectContaining({ message: "swept", function_request_id: "r-1" })]);
});

test.each(["all", "problems"] as const)("%s of the log lines contain the request ID", async (lines) => {
  const handler = createLambdaHandler(async () => {
    log.info("fine", {});
    log.warn("odd", {});
  }, lines);
  const written = await captured(() => handler({}, CONTEXT as Context));
  const expected = lines === "all" ? ["r-1", "r-1"] : [undefined, "r-1"];
  expect(written.map((line) => line.function_request_id)).toEqual(expected);
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

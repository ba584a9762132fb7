import { jest } from "@jest/globals";
import * as z from "zod";
import { Secret } from "../../../lib/domain/secret.ts";
import { addRequestIdToLogs, log, runWithTraceparentInLogs } from "../../../lib/runtime/log.ts";
import { captured } from "./captured.ts";

test("a log line is JSON with its message, level, fields and request ID", async () => {
  const [line] = await captured(() => {
    addRequestIdToLogs("request-7");
    log.info("poll", { project: "prod", jobId: "job-1", poll: 3, latenessSeconds: 4 });
  });
  expect(line).toMatchObject({
    level: "INFO",
    message: "poll",
    function_request_id: "request-7",
    project: "prod",
    job_id: "job-1",
    poll: 3,
    lateness_seconds: 4,
    timestamp: expect.any(String),
  });
  // AWS charges for each byte, so the line contains no other standard fields.
  expect(Object.keys(line ?? {})).toHaveLength(8);
});

test("a handler of queue messages logs the request ID only in warnings and errors", async () => {
  const lines = await captured(() => {
    addRequestIdToLogs("request-8", "problems");
    log.info("poll", {});
    log.warn("record out of time", {});
    log.error("record failed", {});
  });
  expect(lines.map((line) => line.function_request_id ?? null)).toEqual([null, "request-8", "request-8"]);
});

test("an error is logged with its name, its stack and its causes", async () => {
  const cause = new RangeError("inner");
  const [line] = await captured(() => log.error("record failed", {}, new Error("outer", { cause })));
  expect(line).toMatchObject({
    level: "ERROR",
    error: { name: "Error", message: "outer", stack: expect.any(String), cause: { message: "inner" } },
  });
});

test("a line without an error and without a trace context contains neither field", async () => {
  const lines = await captured(() => {
    log.error("record failed", {});
    runWithTraceparentInLogs(null, () => log.info("poll", {}));
  });
  expect(lines.map((line) => "error" in line || "traceparent" in line)).toEqual([false, false]);
});

test("a thrown value that is not an Error is logged as the message of an error", async () => {
  const [line] = await captured(() => log.error("record failed", {}, "just text"));
  expect(line).toMatchObject({ error: { message: "just text" } });
});

test("a secret in the fields of an error is printed as its mask", async () => {
  const error = Object.assign(new Error(`refused ${new Secret("hunter2")}`), { url: new Secret("hunter2") });
  const lines = await captured(() => log.error("request failed", {}, error));
  expect(JSON.stringify(lines)).not.toContain("hunter2");
  expect(JSON.stringify(lines)).toContain("<secret>");
});

test.each([
  ["INFO", ["INFO", "WARN", "ERROR"]],
  ["WARN", ["WARN", "ERROR"]],
  ["ERROR", ["ERROR"]],
])(
  "with the lowest level %s, the log has the levels %j although Lambda passes all lines",
  async (lowest, levels) => {
    const before = process.env;
    process.env = { ...before, POWERTOOLS_LOG_LEVEL: lowest, AWS_LAMBDA_LOG_LEVEL: "INFO" };
    try {
      jest.resetModules();
      const { log: own } = await import("../../../lib/runtime/log.ts");
      const lines = await captured(() => {
        own.info("one", {});
        own.warn("two", {});
        own.error("three", {});
      });
      expect(lines.map((line) => z.looseObject({ level: z.string() }).parse(line).level)).toEqual(levels);
    } finally {
      process.env = before;
    }
  },
);

test("a log line about another watch contains the trace context of this watch", async () => {
  const [current, other] = [1, 2].map((digit) => `00-${String(digit).repeat(32)}-b7ad6b7169203331-01`);
  const lines = await captured(() =>
    runWithTraceparentInLogs(current ?? null, () => {
      log.info("durations unread", {});
      log.info("redeliver", { traceparent: other ?? null });
      log.info("redeliver", { traceparent: null });
    }),
  );
  expect(lines.map(({ traceparent }) => traceparent ?? null)).toEqual([current, other, null]);
});

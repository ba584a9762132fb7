import { gzipSync } from "node:zlib";
import type { Context } from "aws-lambda";
import { handler, writeActLinesOfLogEventOrThrow } from "../../../functions/trail/handler.ts";
import { captured } from "../../lib/runtime/captured.ts";

const ACT = '{"level":"INFO","message":"act","act":"stop","who":"token:ci","from":"192.0.2.1"}';

function eventOf(lines: readonly string[], messageType = "DATA_MESSAGE") {
  const logEvents = lines.map((message, i) => ({ id: String(i), timestamp: i, message }));
  const json = JSON.stringify({ messageType, owner: "1", logGroup: "g", logStream: "s", logEvents });
  return { awslogs: { data: gzipSync(json).toString("base64") } };
}

function copied(event: unknown): string[] {
  const lines: string[] = [];
  writeActLinesOfLogEventOrThrow(event, (line) => lines.push(line));
  return lines;
}

const CONTEXT = { awsRequestId: "r-1", getRemainingTimeInMillis: () => 1000 } as Context;

test("the handler writes the lines about acts of an event of CloudWatch Logs to the standard output", async () => {
  const lines = await captured(() => handler(eventOf([ACT, ACT]), CONTEXT));
  expect(lines).toEqual([JSON.parse(ACT), JSON.parse(ACT)]);
});

test("the handler logs an act for an event about a changed config entry", async () => {
  process.env.CONFIG_PATH = "/cce-job-notifier/prod";
  const detail = {
    eventName: "PutParameter",
    userIdentity: { principalId: "AIDA1" },
    requestParameters: { name: "/cce-job-notifier/prod/settings" },
  };
  const lines = await captured(() => handler({ detail }, CONTEXT));
  expect(lines).toMatchObject([{ message: "act", act: "config_put", who: "AIDA1", entry: "settings" }]);
});

test("writeActLinesOfLogEventOrThrow refuses an event of more than 16 MiB", () => {
  const empty = JSON.stringify({ messageType: "DATA_MESSAGE", logEvents: [] });
  const ofBytes = (bytes: number) => ({
    awslogs: { data: gzipSync(empty.padEnd(bytes)).toString("base64") },
  });
  expect(copied(ofBytes(16 * 1024 * 1024))).toEqual([]);
  expect(() => copied(ofBytes(16 * 1024 * 1024 + 1))).toThrow("larger than 16777216 bytes");
});

test("writeActLinesOfLogEventOrThrow writes each line about an act unchanged, without the line break", () => {
  expect(copied(eventOf([`${ACT}\n`, ACT]))).toEqual([ACT, ACT]);
});

test("writeActLinesOfLogEventOrThrow writes no other line", () => {
  const others = ["START RequestId: 1", '{"message":"request"}', '"act"', '{"text":"act"}', ""];
  expect(copied(eventOf(others))).toEqual([]);
});

test("writeActLinesOfLogEventOrThrow ignores a control message", () => {
  expect(copied(eventOf([ACT], "CONTROL_MESSAGE"))).toEqual([]);
});

test.each([{}, { awslogs: { data: "" } }, { awslogs: { data: gzipSync("{}").toString("base64") } }])(
  "writeActLinesOfLogEventOrThrow refuses another event: %j",
  (event) => {
    expect(() => copied(event)).toThrow();
  },
);

import { gzipSync } from "node:zlib";
import { writeActLines } from "../../../functions/trail/handler.ts";

const ACT = '{"level":"INFO","message":"act","act":"stop","who":"token:ci","from":"192.0.2.1"}';

function eventOf(lines: readonly string[], messageType = "DATA_MESSAGE") {
  const logEvents = lines.map((message, i) => ({ id: String(i), timestamp: i, message }));
  const json = JSON.stringify({ messageType, owner: "1", logGroup: "g", logStream: "s", logEvents });
  return { awslogs: { data: gzipSync(json).toString("base64") } };
}

function copied(event: unknown): string[] {
  const lines: string[] = [];
  writeActLines(event, (line) => lines.push(line));
  return lines;
}

test("writeActLines writes each line about an act unchanged, without the line break", () => {
  expect(copied(eventOf([`${ACT}\n`, ACT]))).toEqual([ACT, ACT]);
});

test("writeActLines writes no other line", () => {
  const others = ["START RequestId: 1", '{"message":"request"}', '"act"', '{"text":"act"}', ""];
  expect(copied(eventOf(others))).toEqual([]);
});

test("writeActLines ignores a control message", () => {
  expect(copied(eventOf([ACT], "CONTROL_MESSAGE"))).toEqual([]);
});

test.each([{}, { awslogs: { data: "" } }, { awslogs: { data: gzipSync("{}").toString("base64") } }])(
  "writeActLines refuses another event: %j",
  (event) => {
    expect(() => copied(event)).toThrow();
  },
);

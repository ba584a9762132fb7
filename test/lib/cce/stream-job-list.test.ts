import type { RequestListener } from "node:http";
import { gzipSync } from "node:zlib";
import type { TextReplyOrFailure } from "../../../lib/cce/send-cce-request.ts";
import {
  createArrayScannerReplacingDeepValuesByNull,
  streamJobList,
} from "../../../lib/cce/stream-job-list.ts";
import { createConnections } from "../../../lib/http/connections.ts";
import fc from "../../support/properties.ts";
import { serve } from "./harness.ts";

/** Scans a text in chunks of some bytes. */
function scan(text: string, chunkBytes: number) {
  const entries: string[] = [];
  const scanner = createArrayScannerReplacingDeepValuesByNull((json) => entries.push(json));
  const bytes = Buffer.from(text);
  let isList = true;
  for (let at = 0; at < bytes.length; at += chunkBytes)
    isList = scanner.add(bytes.subarray(at, at + chunkBytes)) && isList;
  return { entries, isList, isComplete: scanner.isComplete() };
}

/** Replaces all values that are nested deeper than two objects by null. */
function flatten(value: unknown, depth = 2): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth > 3) return null;
  if (Array.isArray(value)) return value.map((item) => flatten(item, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, flatten(item, depth + 1)]));
}

describe("createArrayScannerReplacingDeepValuesByNull", () => {
  it("returns each object of any list without its deeply nested values, for every size of the chunks", () => {
    const entry = fc.object({ maxDepth: 4, withNullPrototype: false });
    fc.assert(
      fc.property(
        fc.array(entry),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom(0, 2),
        (list, size, indent) => {
          const json = JSON.stringify(list, null, indent);
          const { entries, isList, isComplete } = scan(`\ufeff \n${json}\n`, size);
          expect([isList, isComplete]).toEqual([true, true]);
          expect(entries.map((text) => JSON.parse(text))).toEqual(
            JSON.parse(json).map((item: unknown) => flatten(item)),
          );
        },
      ),
    );
  });
  it("returns the entries in front of the end of a truncated list", () => {
    const list = '[{"a":"]}\\""},{"b":{"c":[1]}},{"d"';
    expect(scan(list, 5)).toEqual({
      entries: ['{"a":"]}\\""}', '{"b":{"c":null}}'],
      isList: true,
      isComplete: false,
    });
  });
  it("ignores values that are no objects, and bytes after the list", () => {
    expect(scan('[1,"{}",null,{"a":1},[{"b":2}]] {"c":3}', 3)).toMatchObject({
      entries: ['{"a":1}', '[{"b":2}]'],
      isComplete: true,
    });
  });
  it("omits an entry that is larger than any job, and keeps the others", () => {
    const large = `{"metadata":{"uid":"${"x".repeat(100_000)}"}}`;
    const withSubjobs = `{"spec":{"subjobs":[${"{},".repeat(100_000)}{}]}}`;
    expect(scan(`[${large},${withSubjobs}]`, 4096).entries).toEqual(['{"spec":{"subjobs":null}}']);
  });
  it("keeps an entry of 64 KiB and omits an entry that is one byte longer", () => {
    const entryOf = (bytes: number) => `{"a":"${"x".repeat(bytes - 8)}"}`;
    const list = [entryOf(65_536), entryOf(65_537), entryOf(9)];
    expect(scan(`[${list}]`, 1000).entries.map(({ length }) => length)).toEqual([65_536, 9]);
  });
  it("refuses bytes that are no list", () => {
    for (const text of ['{"kind":"Job"}', "<html>[]", "null"])
      expect(scan(text, 100)).toEqual({ entries: [], isList: false, isComplete: false });
  });
});

describe("streamJobList", () => {
  const LIST = '[{"metadata":{"uid":"a"}},{"kind":"Other","metadata":{"uid":"b"}},{"metadata":{"uid":"c"}}]';
  const DATE = "Mon, 23 Nov 2026 09:30:00 GMT";

  /** Reads the list of jobs of a server. Returns the IDs of the jobs, and the other reply if the reply is no list. */
  async function read(listener: RequestListener | null) {
    const served = await serve(listener ?? (() => undefined));
    if (listener === null) await served.close();
    const jobIds: string[] = [];
    const others: TextReplyOrFailure[] = [];
    const connections = createConnections(65_536);
    const result = await streamJobList(
      { connections, method: "GET", url: new URL(served.url), tls: {}, headers: {}, body: null },
      5000,
      ({ jobId }) => jobIds.push(jobId),
      (reply) => {
        others.push(reply);
        return { kind: "unavailable", text: "other" };
      },
    );
    connections.http.destroy();
    if (listener !== null) await served.close();
    return { result, jobIds, others };
  }
  const answer =
    (status: number, body: string | Buffer, headers: Record<string, string> = {}): RequestListener =>
    (_, response) =>
      response.writeHead(status, { date: DATE, ...headers }).end(body);
  const list = (isComplete: boolean) => ({ kind: "list", isComplete, date: Date.parse(DATE) });

  it.each<[string, RequestListener, string[], boolean]>([
    ["of jobs, without other objects", answer(200, LIST), ["a", "c"], true],
    ["that is compressed", answer(200, gzipSync(LIST), { "content-encoding": "gzip" }), ["a", "c"], true],
    ["without jobs", answer(200, " []\n"), [], true],
    ["that is null", answer(200, " null\n"), [], true],
    ["without its end", answer(200, LIST.slice(0, -1)), ["a", "c"], false],
    [
      "that is compressed, without its end",
      answer(200, gzipSync(LIST.slice(0, -1)), { "content-encoding": "gzip" }),
      ["a", "c"],
      false,
    ],
    [
      "whose connection breaks after its end",
      (_, response) => {
        response.writeHead(200, { date: DATE, "content-length": String(LIST.length + 1) });
        response.write(LIST, () => response.destroy());
      },
      ["a", "c"],
      false,
    ],
  ])("reads the list %s", async (_, listener, expected, isComplete) => {
    const { result, jobIds, others } = await read(listener);
    expect([jobIds, others]).toEqual([expected, []]);
    expect(result).toEqual(list(isComplete));
  });

  it.each<[string, RequestListener, object]>([
    ["another status", answer(503, LIST), { kind: "answer", status: 503, body: LIST }],
    ["another status and null", answer(404, "null"), { kind: "answer", status: 404, body: "null" }],
    ["no body", answer(200, ""), { kind: "answer", status: 200, body: "", isTruncated: false }],
    ["an object", answer(200, '{"items":[]}'), { kind: "answer", status: 200, body: '{"items":[]}' }],
    [
      "a body that cannot be decompressed",
      answer(200, Buffer.concat([gzipSync(LIST).subarray(0, 12), Buffer.from("no deflate")]), {
        "content-encoding": "gzip",
      }),
      { kind: "failed", code: "BODY_UNDECODABLE" },
    ],
  ])("passes a reply with %s on", async (_, listener, expected) => {
    const { jobIds, others, result } = await read(listener);
    expect(jobIds).toEqual([]);
    expect(others).toEqual([expect.objectContaining(expected)]);
    expect(result).toEqual({ kind: "unavailable", text: "other" });
  });

  it("passes the code of a failed connection on", async () => {
    expect((await read(null)).others).toEqual([{ kind: "failed", code: "ECONNREFUSED" }]);
  });
});

import type { ApiRequest } from "../../../lib/api/http-message.ts";
import { MAX_BODY_BYTES, readJsonBody, rejectUnexpectedQueryOrBody } from "../../../lib/api/request-body.ts";

const requestWith = (body: string, headers: Record<string, string> = {}, query = ""): ApiRequest => ({
  method: "POST",
  path: "/v1/jobs",
  query: new URLSearchParams(query),
  headers,
  body,
  requestId: "r-1",
  sourceIp: "192.0.2.1",
});
const statusOf = (body: string, headers?: Record<string, string>) => {
  const read = readJsonBody(requestWith(body, headers));
  return read.kind === "json" ? 200 : read.problem.status;
};
/** Returns a JSON text of this size that consists of one repeated character. */
const textOf = (bytes: number, character: string) =>
  `"${character.repeat((bytes - 2) / Buffer.byteLength(character))}"`;

test.each(["x", "é", "漢", "🧨"])("a body may have 256 KiB, counted as UTF-8: %s", (character) => {
  const width = Buffer.byteLength(character);
  const longest = textOf(MAX_BODY_BYTES - ((MAX_BODY_BYTES - 2) % width), character);
  expect(MAX_BODY_BYTES - Buffer.byteLength(longest)).toBeLessThan(width);
  expect(statusOf(longest)).toBe(200);
  expect(statusOf(`${longest}${" ".repeat(width)}`)).toBe(413);
});

test.each([
  [undefined, 200],
  ["", 200],
  [" ", 200],
  ["application/json", 200],
  ["Application/JSON; charset=UTF-8", 200],
  ['application/json; charset="utf8"', 200],
  ["application/vnd.api+json", 200],
  ["application/json; charset=latin1", 415],
  ["application/jsonx", 415],
  ["xapplication/json", 415],
  ["application/+json", 415],
  ["text/plain", 415],
])("a body with the content type %j has the status %d", (type, status) => {
  expect(statusOf("{}", type === undefined ? {} : { "content-type": type })).toBe(status);
});

test.each([
  ["", 200],
  [" Identity ", 200],
  ["gzip", 415],
  ["identity, gzip", 415],
])("a body with the content encoding %j has the status %d", (coding, status) => {
  expect(statusOf("{}", { "content-encoding": coding })).toBe(status);
});

test("a refused body says what to send", () => {
  expect(readJsonBody(requestWith("{}", { "content-encoding": "gzip" }))).toMatchObject({
    headers: { "accept-encoding": "identity" },
  });
  expect(readJsonBody(requestWith("{}", { "content-type": "text/plain" }))).toMatchObject({
    headers: { accept: "application/json" },
  });
  expect(readJsonBody(requestWith(""))).toMatchObject({
    problem: { status: 400, detail: expect.stringContaining("is empty") },
  });
  expect(readJsonBody(requestWith("{"))).toMatchObject({
    problem: { status: 400, detail: expect.stringContaining("not valid JSON") },
  });
});

test.each([
  ["", "", 0],
  [" {} ", "", 0],
  ["{ \n}", "", 0],
  ["", "wait=1", 0],
  ["[]", "", 1],
  ['{"a":1}', "", 1],
  ["", "other=1", 1],
  ["x", "other=1", 2],
])(
  "a call without a body has for the body %j and the query %j this number of errors: %d",
  (body, query, count) => {
    const rejected = rejectUnexpectedQueryOrBody(requestWith(body, {}, query), ["wait"]);
    expect(rejected?.problem.errors?.length ?? 0).toBe(count);
  },
);

const NOT_JSON = [{ pointer: "#", detail: "must be JSON" }];
test.each([
  ["{", {}, 400, "The body is not valid JSON.", NOT_JSON],
  ["", {}, 400, "The body is empty. Send JSON.", NOT_JSON],
  ["x".repeat(MAX_BODY_BYTES + 1), {}, 413, "The body must have at most 262144 bytes.", []],
  [
    "{}",
    { "content-type": "text/plain" },
    415,
    "Send JSON in UTF-8 with the header 'content-type: application/json'.",
    [],
  ],
  [
    "{}",
    { "content-encoding": "gzip" },
    415,
    "Send the body without compression and without the header 'content-encoding'.",
    [],
  ],
])("a refused body says what to send (case %#)", (body, headers, status, detail, errors) => {
  const read = readJsonBody(requestWith(body, headers));
  if (read.kind !== "problem") throw new Error("the body was accepted");
  expect(read.problem).toMatchObject({ status, detail });
  expect(read.problem.errors ?? []).toEqual(errors);
});

test.each([
  ["application/json; charset=utf-8x", 415],
  ["application/json; x-charset=latin1; charset=utf8", 200],
  ["application/json; x=1", 200],
  ["application/json; charset=xcharset=utf-8", 415],
])("a body with the content type '%s' has the status %i", (type, status) => {
  expect(statusOf("{}", { "content-type": type })).toBe(status);
});

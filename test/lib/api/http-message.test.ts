import {
  computeEtag,
  countBytesAsSentByLambda,
  jsonResponse,
  matchesEtag,
  removeUnsafeHeaderCharacters,
  withEtag,
  withEtagOrNotModified,
} from "../../../lib/api/http-message.ts";

test("computeEtag depends on the body", () => {
  expect(computeEtag("a")).toBe(computeEtag("a"));
  expect(computeEtag("a")).not.toBe(computeEtag("b"));
});

test.each([
  [undefined, false],
  ["", false],
  ["*", true],
  [" * ", true],
  ['"aW/x"', false],
  ['"x"', true],
  ['W/"x"', true],
  ['"a,b", "x"', true],
  ['"xx"', false],
  ["x", false],
  ['"a"x"', false],
])("matchesEtag of the header %j is %s", (header, expected) => {
  expect(matchesEtag(header, '"x"')).toBe(expected);
});

test("countBytesAsSentByLambda counts the bytes of the JSON document that contains the body as a string", () => {
  const bytesOf = (body: string) => countBytesAsSentByLambda({ status: 200, body });
  const empty = bytesOf("");
  expect([bytesOf("a"), bytesOf('"'), bytesOf("é"), bytesOf("嗯")].map((bytes) => bytes - empty)).toEqual([
    1, 2, 2, 3,
  ]);
});

test("a header value contains no control characters, and its other characters stay", () => {
  const headers = { location: "/a\r\nset-cookie: x\u0000", "x-a": "é ~\u4f60", "x-b": "plain" };
  expect(removeUnsafeHeaderCharacters(headers)).toEqual({
    location: "/aset-cookie: x",
    "x-a": "é ~",
    "x-b": "plain",
  });
});

test("a JSON response may be stored only by its caller, which must ask again", () => {
  expect(jsonResponse(202, { a: 1 }, { location: "/x" })).toEqual({
    status: 202,
    headers: {
      "content-type": "application/json; charset=utf-8",
      "cache-control": "private, no-cache",
      "x-content-type-options": "nosniff",
      location: "/x",
    },
    body: '{"a":1}',
  });
});

test("a header that the operation sets replaces the default header of a JSON response", () => {
  expect(jsonResponse(200, {}, { "cache-control": "no-store" }).headers).toMatchObject({
    "cache-control": "no-store",
  });
});

test("a response has a short ETag of its body, and keeps an ETag that it already has", () => {
  expect(computeEtag("a")).toMatch(/^"[\w-]{27}"$/);
  expect(withEtag({ status: 200, body: "a" }).headers).toEqual({ etag: computeEtag("a") });
  expect(withEtag({ status: 200 }).headers).toEqual({ etag: computeEtag("") });
  expect(withEtag({ status: 200, body: "a", headers: { etag: '"e"', "x-a": "1" } }).headers).toEqual({
    etag: '"e"',
    "x-a": "1",
  });
});

test("only a successful response that the caller already has becomes a response without a body", () => {
  const response = jsonResponse(200, { a: 1 }, { vary: "authorization", link: "</x>" });
  const headers = { "if-none-match": computeEtag('{"a":1}') };
  const { "content-type": _, ...kept } = withEtag(response).headers;
  expect(kept).toMatchObject({ vary: "authorization", link: "</x>", "cache-control": "private, no-cache" });
  expect(withEtagOrNotModified(response, { headers })).toEqual({ status: 304, headers: kept });
  expect(withEtagOrNotModified(response, { headers: {} })).toEqual(withEtag(response));
  expect(withEtagOrNotModified({ ...response, status: 404 }, { headers })).toMatchObject({ status: 404 });
});

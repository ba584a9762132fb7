import {
  classifyErrorReply,
  describeErrorReplyUnmasked,
  extractMessageOrJson,
  NOT_A_LIST,
  parseCceErrorOrEmpty,
  refusalAfterNetworkError,
  refusalForMissingEndpoint,
  refusalForPlainHttp,
  refusalForUnknownProject,
  refusalWhileNotAnswering,
  refusalWhileThrottled,
  TOO_LARGE,
} from "../../../lib/cce/cce-error.ts";

describe("classifyErrorReply", () => {
  it.each([
    [299, "unavailable"],
    [300, "misconfigured"],
    [400, "misconfigured"],
    [401, "unauthorized"],
    [403, "forbidden"],
    [408, "unavailable"],
    [409, "unavailable"],
    [423, "unavailable"],
    [425, "unavailable"],
    [429, "throttled"],
    [499, "misconfigured"],
    [500, "unavailable"],
  ])("returns for the status %i the kind %s", (status, kind) => {
    expect(classifyErrorReply(status, [])).toBe(kind);
  });
});

it.each([
  [399, "APIGW.0308", "misconfigured"],
  [400, "APIGW.0308", "throttled"],
  [403, "cce.01429002", "throttled"],
  [499, "CCE.02429001", "throttled"],
  [500, "APIGW.0308", "unavailable"],
  [403, "xAPIGW.0308", "forbidden"],
  [403, "APIGW.03080", "forbidden"],
  [403, "CCE.1429002", "forbidden"],
  [403, "CCE.01429", "forbidden"],
])("classifyErrorReply returns for the status %i with the code %s the kind %s", (status, code, kind) => {
  expect(classifyErrorReply(status, ["CCE.01400001", code])).toBe(kind);
});

describe("parseCceErrorOrEmpty", () => {
  it.each<[unknown, readonly string[], string | null]>([
    [{ errorCode: "A.1", errorMessage: "why" }, ["A.1"], "why"],
    [{ error_code: "A.1", error_message: "why" }, ["A.1"], "why"],
    [{ code: "A.1", errorMsg: "why" }, ["A.1"], "why"],
    [{ code: 7, error_msg: "why" }, ["7"], "why"],
    [{ error: { code: "A.1", title: "Unauthorized" } }, ["A.1"], "Unauthorized"],
    [{ title: "Title", error_msg: "msg", message: "best" }, [], "best"],
    [{ title: "Title", error_msg: "msg" }, [], "msg"],
    [{ errorCode: "A.1", code: "A.1", error: { code: "B.2" } }, ["A.1", "B.2"], null],
    [{ message: "one\r\n\ttwo\u0000\u200bthree " }, [], "one twothree"],
    [{ message: "\u0000", title: "Title" }, [], "Title"],
    [{ error: "text" }, [], null],
    [{ errors: [{ code: "A.1", message: "why" }, { code: "B.2" }] }, ["A.1"], "why"],
    [{ errors: "text", code: "A.1" }, ["A.1"], null],
    [[{ ErrorCode: "A.1", Message: "why" }, { message: "second" }], ["A.1"], "why"],
    [{}, [], null],
    [[], [], null],
  ])("finds the codes and the message in %j", (body, codes, message) => {
    expect(parseCceErrorOrEmpty(JSON.stringify(body))).toEqual({ codes, message });
  });

  it("finds nothing in text that is not JSON", () => {
    expect(parseCceErrorOrEmpty("<html>")).toEqual({ codes: [], message: null });
  });

  it("does not read a field that every object inherits", () => {
    expect(parseCceErrorOrEmpty('{"__proto__":{"message":"inherited"}}')).toEqual({
      codes: [],
      message: null,
    });
  });
});

it("the description of an error has the status, the codes and the message", () => {
  expect(describeErrorReplyUnmasked(404, { codes: ["404", "A.1"], message: "why" })).toBe(
    "HTTP 404, A.1, why",
  );
  expect(describeErrorReplyUnmasked(500, { codes: [], message: null })).toBe("HTTP 500");
});

it("the text of a value is found in at most eight levels", () => {
  const nest = (levels: number): unknown => (levels === 0 ? "deep" : { message: nest(levels - 1) });
  expect(extractMessageOrJson(nest(8))).toBe("deep");
  expect(extractMessageOrJson(nest(9))).toBe('{"message":{"message":"deep"}}');
  const inArrays = (levels: number): unknown => (levels === 0 ? "deep" : [inArrays(levels - 1)]);
  expect(extractMessageOrJson(inArrays(8))).toBe("deep");
  expect(extractMessageOrJson(inArrays(9))).toBeNull();
  expect(extractMessageOrJson({ message: " ", reason: "second" })).toBe("second");
});

const NAMES_OF_TEXTS = [
  "message",
  "errorMessage",
  "error_message",
  "errorMsg",
  "error_msg",
  "msg",
  "error",
  "errors",
  "reason",
  "description",
  "detail",
  "details",
  "title",
  "text",
];

it.each(NAMES_OF_TEXTS)("the text of an object is in its field %s, in any case", (name) => {
  expect(extractMessageOrJson({ [name]: "why", other: 1 })).toBe("why");
  expect(extractMessageOrJson({ [name.toUpperCase()]: "why", other: 1 })).toBe("why");
});

it.each<[unknown, string | null]>([
  [true, "true"],
  [7, "7"],
  [undefined, null],
  [["a", "", { message: "b" }], "a\nb"],
  [[], null],
  [{}, null],
  [{ message: "why", code: "A.1" }, "why (A.1)"],
  [{ message: "A.1: why", code: "A.1" }, "A.1: why"],
  [{ message: "why" }, "why"],
  [{ badRequest: { message: "why", code: "A.1" } }, "why (A.1)"],
  [{ outer: { badRequest: { message: "why" } } }, "why"],
  [{ badRequest: { message: "why" }, other: 1 }, '{"badRequest":{"message":"why"},"other":1}'],
  [{ badRequest: ["why"] }, '{"badRequest":["why"]}'],
  [{ badRequest: "why" }, '{"badRequest":"why"}'],
  [{ message: "", reason: null }, '{"message":"","reason":null}'],
])("the text of %j is %j", (value, text) => {
  expect(extractMessageOrJson(value)).toBe(text);
});

it("the text of an object is found in at most eight wrappers", () => {
  const wrap = (levels: number): object =>
    levels === 0 ? { message: "why" } : { badRequest: wrap(levels - 1) };
  expect(extractMessageOrJson(wrap(6))).toBe("why");
  expect(extractMessageOrJson(wrap(8))).toBe(JSON.stringify(wrap(8)));
});

it("a reply that is too large or contains one job makes the query unavailable", () => {
  expect(TOO_LARGE).toEqual({
    kind: "unavailable",
    text: expect.stringMatching(/^CCE's reply is larger than any job: over \d{1,3} MiB or \d+ values$/),
  });
  expect(NOT_A_LIST).toEqual({
    kind: "unavailable",
    text: "CCE returned one job in place of the list of jobs",
  });
});

describe("a refusal without a request to CCE", () => {
  it.each([
    [
      refusalForUnknownProject("prod"),
      "misconfigured",
      "Project prod is not in the config: add it, or stop the watch",
    ],
    [
      refusalForMissingEndpoint("prod"),
      "misconfigured",
      "Project prod has no endpoint: set region, or endpoint (and iamEndpoint for sign-in with a password)",
    ],
    [
      refusalForPlainHttp("prod", "iamEndpoint"),
      "misconfigured",
      "Project prod has a URL in iamEndpoint that does not use https: use https, or list the host in settings.egress.allow",
    ],
  ])("says what the operator must change (%#)", (refusal, kind, text) => {
    expect(refusal).toEqual({ kind, text });
  });

  it("says why a query waits and for how long", () => {
    expect(refusalWhileNotAnswering("prod", 1001)).toEqual({
      kind: "unavailable",
      text: "Queries for project prod wait, because CCE did not answer in time",
      retryAfterSeconds: 2,
    });
    expect(refusalWhileThrottled("prod", "throttled", 3)).toEqual({
      kind: "throttled",
      text: "Queries for project prod wait, because CCE limits their rate",
      retryAfterSeconds: 3,
    });
    expect(refusalWhileThrottled("prod", "unavailable", 3)).toEqual({
      kind: "unavailable",
      text: "Queries for project prod wait, because CCE or IAM is not available and asked for a wait",
      retryAfterSeconds: 3,
    });
  });
});

describe("refusalAfterNetworkError", () => {
  it.each([
    ["ECONNREFUSED", "CCE cannot be reached (ECONNREFUSED)"],
    ["DEADLINE_PASSED", "CCE did not answer in time"],
    [
      "CERT_HAS_EXPIRED",
      "CCE cannot be reached (CERT_HAS_EXPIRED): its certificate is out of date, so check endpoint of project prod",
    ],
    [
      "CERT_UNTRUSTED",
      "CCE cannot be reached (CERT_UNTRUSTED): its certificate is not trusted, so check ca and endpoint of project prod",
    ],
    [
      "HPE_INVALID_CONSTANT",
      "CCE answered, but not in valid HTTP (HPE_INVALID_CONSTANT): check endpoint of project prod",
    ],
    ["EPROTO", "CCE refused the TLS handshake (EPROTO): check endpoint of project prod"],
    [
      "BODY_UNDECODABLE",
      "CCE answered with a body that cannot be decompressed (BODY_UNDECODABLE): check each proxy in front of endpoint of project prod",
    ],
    [
      "ERR_SSL_WRONG_VERSION",
      "CCE refused the TLS handshake (ERR_SSL_WRONG_VERSION): check endpoint of project prod",
    ],
    ["NOT_EPROTO", "CCE cannot be reached (NOT_EPROTO)"],
    ["PROXY_REFUSED", "CCE cannot be reached through the proxy in HTTPS_PROXY (PROXY_REFUSED)"],
  ])("says for the code %s what happened and what to check", (code, text) => {
    expect(refusalAfterNetworkError("prod", code)).toEqual({ kind: "unavailable", text });
  });

  it("says that the credentials contain a character that a header cannot contain", () => {
    expect(refusalAfterNetworkError("prod", "REQUEST_INVALID")).toEqual({
      kind: "misconfigured",
      text: "The credentials of project prod contain a character that HTTP headers do not allow: set them again",
    });
  });

  it("names IAM and the address of IAM when a sign-in got no reply", () => {
    expect(refusalAfterNetworkError("prod", "CERT_UNTRUSTED", "IAM")).toMatchObject({
      text: expect.stringMatching(/^IAM cannot be reached .* check ca and iamEndpoint of project prod$/),
    });
  });
});

import {
  createAuthenticationRequired,
  createProblem,
  forbidden,
  malformedPathNotFound,
  problemResponse,
  renderProblem,
  tooManyRequests,
  unavailable,
} from "../../../lib/api/problem-response.ts";

const ERRORS = Array.from({ length: 101 }, (_, i) => ({ pointer: `#/jobIds/${i}`, detail: "is bad" }));
const headersOf = (response: Parameters<typeof renderProblem>[0]) =>
  renderProblem(response, "r-1").headers ?? {};

test("an error response is a problem document that no cache stores and no browser interprets", () => {
  const response = renderProblem(
    problemResponse("not-concluded", "It changed.", [], { "x-more": "1" }),
    "r 1/ü",
  );
  expect(response).toEqual({
    status: 409,
    headers: {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "x-more": "1",
    },
    body: expect.any(String),
  });
  expect(JSON.parse(response.body ?? "")).toEqual({
    type: "/docs#problem-not-concluded",
    title: "Conflict",
    status: 409,
    detail: "It changed.",
    instance: "urn:request:r%201%2F%C3%BC",
  });
});

test("an error response contains at most 100 errors, and says that there are more", () => {
  const { errors, detail } = createProblem("invalid-request", "Bad.", ERRORS);
  expect(errors).toEqual(ERRORS.slice(0, 100));
  expect(detail).toBe("Bad. The response contains only the first 100 errors.");
  expect(createProblem("invalid-request", "Bad.", ERRORS.slice(0, 100))).toMatchObject({
    errors: ERRORS.slice(0, 100),
    detail: "Bad.",
  });
});

describe("the header WWW-Authenticate", () => {
  const REALM = 'Bearer realm="cce-job-notifier"';

  test.each([
    ["absent", REALM],
    ["malformed", `${REALM}, error="invalid_token"`],
    ["refused", `${REALM}, error="invalid_token"`],
  ] as const)("says of a token that is %s: %s", (reason, challenge) => {
    expect(createAuthenticationRequired(reason)).toMatchObject({ problem: { status: 401 } });
    expect(headersOf(createAuthenticationRequired(reason))["www-authenticate"]).toBe(challenge);
  });

  test("names the operation that a token may not use", () => {
    expect(forbidden("stop")).toMatchObject({ problem: { status: 403 } });
    expect(headersOf(forbidden("stop"))["www-authenticate"]).toBe(
      `${REALM}, error="insufficient_scope", scope="stop"`,
    );
  });
});

test.each([
  [tooManyRequests("Too many.", 7), 429, "7"],
  [unavailable("Down."), 503, "5"],
  [unavailable("Down.", [], 30), 503, "30"],
])(
  "an error response that asks for another request has the header Retry-After: %j",
  (response, status, seconds) => {
    expect(response.problem.status).toBe(status);
    expect(headersOf(response)["retry-after"]).toBe(seconds);
  },
);

test("a forbidden request without names says only that the right is missing, and one with names refers to the errors", () => {
  const detail = (what: string) =>
    `The token has no right to the operation 'stop'${what}. Ask the operator of the service for this right.`;
  expect(forbidden("stop").problem).toMatchObject({ detail: detail("") });
  expect(forbidden("stop").problem.errors ?? []).toEqual([]);
  expect(forbidden("stop", ERRORS.slice(0, 1)).problem).toMatchObject({
    detail: detail(" for all names in this request. See 'errors'"),
    errors: ERRORS.slice(0, 1),
  });
  expect(createAuthenticationRequired("absent").problem.errors ?? []).toEqual([]);
  expect(malformedPathNotFound(ERRORS.slice(0, 1)).problem).toMatchObject({
    status: 404,
    detail: "A name in the path is malformed. See 'errors'.",
  });
});

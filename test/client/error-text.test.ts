import {
  describeInternalError,
  formatErrorLines,
  formatFaultLine,
  toErrorDocument,
} from "../../client/error-text.ts";
import { ProblemError, TokenError, UnreachableError } from "../../client/errors.ts";
import { UsageError } from "../../client/option-values.ts";
import { PROBLEMS } from "../../lib/api/problem-response.ts";

const sent = {
  body: {
    jobIds: ["a b"],
    deadlineMinutes: 0,
    context: { labels: { "a/b": "x".repeat(99), "n~b#c": "tilde" } },
  },
  query: new URLSearchParams("project=nowhere&callbackUrl=https://hooks.example/secret"),
};

test.each([
  [{ pointer: "#/jobIds/0" }, "'a b' (#/jobIds/0) is bad"],
  [{ pointer: "#/deadlineMinutes" }, "'0' (#/deadlineMinutes) is bad"],
  [{ pointer: "#/context/labels/a~1b" }, `'${"x".repeat(79)}…' (#/context/labels/a~1b) is bad`],
  [{ parameter: "project" }, "'nowhere' (project) is bad"],
  [{ pointer: "#/jobIds" }, "#/jobIds is bad"],
  [{ pointer: "#/jobIds/7/length" }, "#/jobIds/7/length is bad"],
  [{ pointer: "#/%" }, "#/% is bad"],
  [{ pointer: "#" }, "# is bad"],
  [{ pointer: "/context/labels/n~0b#c" }, "'tilde' (/context/labels/n~0b#c) is bad"],
  [{ parameter: "missing" }, "missing is bad"],
  [{ pointer: "#/jobIds/0/length" }, "#/jobIds/0/length is bad"],
  [{}, "is bad"],
])("the line of a fault at %j contains the value that was sent", (location, line) => {
  expect(formatFaultLine({ ...location, detail: "is bad" }, sent)).toBe(line);
});

test("the line of a fault does not contain a callback URL", () => {
  const body = { callbackUrl: "https://hooks.example/secret" };
  expect(formatFaultLine({ pointer: "#/callbackUrl", detail: "is bad" }, { body })).toBe(
    "#/callbackUrl is bad",
  );
  expect(formatFaultLine({ parameter: "callbackUrl", detail: "is bad" }, sent)).toBe("callbackUrl is bad");
});

test("the line of a fault in a reply contains no value", () => {
  for (const pointer of ["#/0", "#", undefined])
    expect(formatFaultLine({ pointer, detail: "is bad" }, { body: "{}" })).toBe(
      `${pointer ?? ""} is bad`.trim(),
    );
});

const PROBLEM = {
  type: "/docs#problem-invalid-request",
  title: "Invalid request",
  status: 400,
  detail: "2 values are not valid",
  errors: [
    { pointer: "#/jobIds/0", detail: "is bad" },
    { pointer: "#/deadlineMinutes", detail: "2 values are not valid" },
  ],
};
const BUG = "This is a bug of cce-notifier. Please report it with the command line and the version.";

test("the lines of an error are its message and each fault that the message does not contain", () => {
  const error = new ProblemError(PROBLEM, sent);
  expect(formatErrorLines(error)).toEqual([
    "Invalid request: 2 values are not valid",
    "'a b' (#/jobIds/0) is bad",
  ]);
  expect(formatErrorLines(error, "prod/a")[0]).toBe("prod/a: Invalid request: 2 values are not valid");
  const { errors: _, ...withoutFaults } = PROBLEM;
  expect(formatErrorLines(new ProblemError({ ...withoutFaults, type: "/docs#problem-not-found" }))).toEqual([
    "2 values are not valid",
  ]);
});

test("only the error of something that was not found omits its title, because its detail says it", () => {
  const lines = Object.entries(PROBLEMS).flatMap(([kind, problem]) =>
    formatErrorLines(new ProblemError({ ...problem, type: `/docs#problem-${kind}`, detail: kind })),
  );
  const titled = Object.entries(PROBLEMS).map(([kind, { title }]) => `${title}: ${kind}`);
  expect(lines).toEqual(titled.map((line) => (line === "Not found: not-found" ? "not-found" : line)));
});

test.each([new UnreachableError("no answer"), new TokenError("no answer"), new UsageError("no answer")])(
  "an error with a sentence for people is printed as it is: %s",
  (error) => {
    expect(formatErrorLines(error)).toEqual(["no answer"]);
    expect(toErrorDocument(error)).toEqual({ detail: "no answer" });
    expect(describeInternalError(error)).toBe("cce-notifier: no answer\n");
  },
);

test("an unexpected error is called a bug, without a stack trace and control characters", () => {
  expect(formatErrorLines(new TypeError("x is\nnull"), "prod/a")).toEqual([
    `prod/a: internal error: x is\nnull. ${BUG}`,
  ]);
  expect(describeInternalError("text")).toBe(`cce-notifier: internal error: text. ${BUG}\n`);
  expect(describeInternalError(new Error("two\nlines"))).not.toContain("two\nlines");
  expect(toErrorDocument(new ProblemError(PROBLEM))).toEqual(PROBLEM);
});

test("each error has the name of its class", () => {
  const errors = [
    new UnreachableError("-"),
    new TokenError("-"),
    new UsageError("-"),
    new ProblemError(PROBLEM),
  ];
  expect(errors.map(String)).toEqual([
    "UnreachableError: -",
    "TokenError: -",
    "UsageError: -",
    "ProblemError: Invalid request: 2 values are not valid",
  ]);
});

test("a fault of a request without a body or a query is printed without a value", () => {
  expect(formatFaultLine({ parameter: "project", detail: "is bad" }, {})).toBe("project is bad");
  expect(formatFaultLine({ pointer: "#/a", detail: "is bad" }, { body: null })).toBe("#/a is bad");
  expect(formatFaultLine({ pointer: "#/length", detail: "is bad" }, { body: "text" })).toBe(
    "#/length is bad",
  );
});

test.each<[string, Error]>([
  ["ProblemError: Invalid request: 2 values are not valid", new ProblemError(PROBLEM)],
  [
    "ProblemError: No such job",
    new ProblemError({
      ...PROBLEM,
      type: "/docs#problem-not-found",
      title: "Not found",
      detail: "No such job",
    }),
  ],
  ["UnreachableError: no answer", new UnreachableError("no answer")],
  ["TokenError: bad token", new TokenError("bad token")],
])("an error of the client names its kind and what is wrong: %s", (text, error) => {
  expect(String(error)).toBe(text);
});

test("an error of a problem document has the document and the sent request", () => {
  expect(new ProblemError(PROBLEM, sent)).toMatchObject({ problem: PROBLEM, sent });
  expect(new ProblemError(PROBLEM).sent).toEqual({});
});

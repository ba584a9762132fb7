import type { ProblemResponse } from "../../../lib/api/problem-response.ts";
import {
  checkRightAndReadWatchKey,
  readWaitSeconds,
  rejectForbiddenOrHiddenProject,
} from "../../../lib/api/watch-path-and-wait-parameters.ts";
import type { Caller } from "../../../lib/auth/caller-rights.ts";

const caller: Caller = {
  name: "token:ci",
  rights: [{ projects: ["prod"], targets: [], operations: ["read"] }],
};
const problemOf = (response: ProblemResponse | { readonly kind: string } | null) =>
  response !== null && "problem" in response
    ? [
        response.problem.status,
        ...(response.problem.errors ?? []).map(({ parameter, detail }) => `${parameter}: ${detail}`),
      ]
    : response;
const FORBIDDEN = [403, "project: the token has no right to the operation 'stop' for the project 'prod'"];

test("a caller without the right to an operation gets 403, and a caller without the project gets 404", () => {
  expect(rejectForbiddenOrHiddenProject(caller, "read", "prod")).toBeNull();
  expect(problemOf(rejectForbiddenOrHiddenProject(caller, "stop", "prod"))).toEqual(FORBIDDEN);
  const unknown = rejectForbiddenOrHiddenProject(caller, "stop", "secret");
  expect(problemOf(unknown)?.toString()).toMatch(/^404/);
  expect(unknown?.problem.detail).toContain("project");
  expect(unknown?.problem.detail).toContain("secret");
});

test.each(["read", "stop", "redeliver", "test"] as const)(
  "a caller who may only watch jobs of a project gets 403 for the operation '%s', because the caller knows the project",
  (operation) => {
    const watcher: Caller = {
      name: "token:ci",
      rights: [{ projects: ["prod"], targets: [], operations: ["watch"] }],
    };
    expect(rejectForbiddenOrHiddenProject(watcher, operation, "prod")?.problem.status).toBe(403);
    expect(rejectForbiddenOrHiddenProject(watcher, operation, "dev")?.problem.status).toBe(404);
  },
);

test.each<[string, string, unknown]>([
  ["prod", "j-1", { kind: "key", key: { project: "prod", jobId: "j-1", caller: "token:ci" } }],
  ["prod", "../j", [404, expect.stringMatching(/^jobId: /)]],
  ["?", "../j", [404, expect.stringMatching(/^project: /), expect.stringMatching(/^jobId: /)]],
])("the path of the project '%s' and the job '%s' is read", (project, jobId, expected) => {
  expect(problemOf(checkRightAndReadWatchKey(caller, "read", { project, jobId }))).toEqual(expected);
});

test("a malformed job ID does not show whether another project exists", () => {
  expect(problemOf(checkRightAndReadWatchKey(caller, "stop", { project: "prod", jobId: "../j" }))).toEqual(
    FORBIDDEN,
  );
});

const INVALID = "wait: must be an integer from 1 to 25 (seconds)";
test.each<[string, unknown]>([
  ["", { kind: "wait", seconds: 0 }],
  ["wait=1", { kind: "wait", seconds: 1 }],
  ["wait=25", { kind: "wait", seconds: 25 }],
  ["wait=26", [400, INVALID]],
  ["wait=0", [400, INVALID]],
  ["wait=", [400, INVALID]],
  ["wait=1.5", [400, INVALID]],
  ["wait=100", [400, INVALID]],
  ["wait=1&wait=2", [400, INVALID]],
  ["waits=1", [400, "waits: unknown parameter"]],
])("the query '%s' asks for the wait %j", (query, expected) => {
  expect(problemOf(readWaitSeconds(new URLSearchParams(query)))).toEqual(expected);
});

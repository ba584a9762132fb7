import { DEFAULT_LISTED, MAX_LISTED } from "../api/list-query.ts";
import type { Operation } from "../api/routes.ts";
import { MAX_WAIT_SECONDS } from "../api/wait.ts";
import { WATCH_STATES } from "../domain/job.ts";
import { OPEN_OPERATIONS } from "./open-operations.ts";
import { answer, emptyAnswer, inPath, jsonContent, problems, query, RETRY_AFTER, WATCH } from "./parts.ts";

type Json = Readonly<Record<string, unknown>>;

const ETAG = { etag: { description: "Changes with the document.", schema: { type: "string" } } };
const text = { type: "string" };

/** Every operation, in the words of the document. The compiler sees to it that none is left out. */
export const OPERATIONS: Readonly<Record<Operation, Json>> = {
  acceptJobs: {
    summary: "Watch jobs",
    description:
      "Answers once the jobs are safely queued. Asking again is harmless. With `from=cce` the body is the reply of a create or delete call, untouched, and the query says the rest.",
    parameters: [
      query("from", "The body is a reply of CCE.", { type: "string", const: "cce" }),
      query("project", "With `from`: as in the body.", text),
      query(
        "notify",
        "With `from`: names of targets, separated by commas. Left out for the default; empty, it is a fault.",
        text,
      ),
      query("callbackUrl", "With `from`: as in the body.", text),
      query("deadlineMinutes", "With `from`: as in the body.", { type: "number", exclusiveMinimum: 0 }),
      ...["actor", "pipeline", "runUrl", "commit"].map((name) =>
        query(name, "With `from`: as in the body's `context`.", text),
      ),
    ],
    requestBody: { required: true, content: jsonContent("Submission") },
    responses: {
      202: answer("What became of each job, in the order asked.", "Accepted", {
        location: { description: "For one job: its `statusUrl`.", schema: text },
      }),
      ...problems(400, 401, 403, 413, 415, 422, 503),
    },
  },
  listJobs: {
    summary: "The jobs of a project",
    description:
      "Newest first, for callers who may use the project. What a call reads is bounded: with `state` a page may hold fewer jobs than `limit`, even none; `next` says whether there is more.",
    parameters: [
      query("project", "By default the operator's default project.", text),
      {
        ...query(
          "state",
          `Only watches in these states, repeated or separated by commas: ${WATCH_STATES.join(", ")}.`,
          {
            type: "array",
            items: { type: "string", enum: WATCH_STATES },
          },
        ),
        style: "form",
        explode: false,
      },
      query("limit", "How many jobs at most.", {
        type: "integer",
        minimum: 1,
        maximum: MAX_LISTED,
        default: DEFAULT_LISTED,
      }),
      query("before", "The `next` of the page before.", text),
    ],
    responses: { 200: answer("A page of the list.", "JobList"), ...problems(400, 401, 403, 503) },
  },
  readJob: {
    summary: "How a job stands",
    parameters: [
      ...WATCH,
      query("wait", "Hold the answer for so many seconds, or until the watch is over.", {
        type: "integer",
        minimum: 1,
        maximum: MAX_WAIT_SECONDS,
      }),
      { name: "if-none-match", in: "header", description: "Tags of documents the caller has.", schema: text },
    ],
    responses: {
      200: answer("The status document.", "StatusDocument", { ...ETAG, "retry-after": RETRY_AFTER }),
      304: emptyAnswer("The caller has it already."),
      ...problems(400, 401, 403, 404, 503),
    },
  },
  stopJob: {
    summary: "Stop watching",
    description:
      "Nobody is told. A watch that is over stays what it is; where it ended as timed_out or lost, this lets go of that end, and the next call that hands the job over takes it up anew.",
    parameters: WATCH,
    responses: { 204: emptyAnswer("Nobody watches it any more."), ...problems(400, 401, 403, 404, 422, 503) },
  },
  redeliverJob: {
    summary: "Send the outcome again",
    description:
      "Targets named in the body are told whatever their `on` says. Without names it is those the outcome was meant for, as far as the caller may use them. Each redelivery has a number of its own, and its notifications start anew.",
    parameters: WATCH,
    requestBody: { required: false, content: jsonContent("Redelivery") },
    responses: {
      202: answer("The notifications are queued.", "Redelivered"),
      ...problems(400, 401, 403, 404, 409, 413, 415, 422, 503),
    },
  },
  testTarget: {
    summary: "Test a target",
    description: "One real attempt. One that arrives switches on again a target that was gone.",
    parameters: [inPath("name", "The configured target's name.")],
    responses: {
      200: answer("What the attempt came to.", "TestResult"),
      ...problems(400, 401, 403, 404, 422, 503),
    },
  },
  ...OPEN_OPERATIONS,
};

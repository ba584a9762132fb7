import { DEFAULT_LIST_LIMIT, MAX_LIST_LIMIT } from "../api/job-list.ts";
import type { Operation } from "../api/routes.ts";
import { MAX_WAIT_SECONDS } from "../api/watch-request.ts";
import { WATCH_STATES } from "../domain/job.ts";
import {
  emptyAnswer,
  jsonAnswer,
  jsonContent,
  pageAnswer,
  parameter,
  problemAnswers,
  RETRY_AFTER,
  TEXT,
  WATCH_PARAMETERS,
} from "./operation-parts.ts";

type Json = Readonly<Record<string, unknown>>;

const ETAG = { etag: { description: "Changes when the document changes.", schema: TEXT } };
/** These operations need no token. */
const OPEN = { security: [] };
const NOT_MODIFIED = emptyAnswer("The document has not changed since the ETag in the request.");
const DEFAULT_PROJECT = "The name of a project. By default it is the operator's default project.";

/** Every operation of the API as an OpenAPI operation. */
export const OPERATIONS: Readonly<Record<Operation, Json>> = {
  acceptJobs: {
    summary: "Watch jobs",
    description:
      "The service answers after it has put all jobs in its queue. Repeating the request is safe. With `from=cce` the body is the unchanged reply of a CCE create or delete call. The other fields are then parameters of the query.",
    parameters: [
      parameter("query", "from", "`cce`: the body is a reply of CCE.", { type: "string", const: "cce" }),
      parameter("query", "project", "With `from`: the same as in the body."),
      parameter(
        "query",
        "notify",
        "With `from`: names of targets, separated by commas. Without this parameter the default targets are notified. An empty value is an error.",
      ),
      parameter("query", "callbackUrl", "With `from`: the same as in the body."),
      parameter("query", "deadlineMinutes", "With `from`: the same as in the body.", {
        type: "number",
        exclusiveMinimum: 0,
      }),
      ...["actor", "pipeline", "runUrl", "commit"].map((name) =>
        parameter("query", name, "With `from`: the same as in the body's `context`."),
      ),
    ],
    requestBody: { required: true, content: jsonContent("Submission") },
    responses: {
      202: jsonAnswer("One result for each job, in the order of the request.", "SubmissionResult", {
        location: { description: "The `statusUrl`, if the request names one job.", schema: TEXT },
      }),
      ...problemAnswers(400, 401, 403, 413, 415, 422, 503),
    },
  },
  listJobs: {
    summary: "List the jobs of a project",
    description:
      "The newest job is first. The caller needs the right to use the project. One request reads a limited number of jobs. With `state` a page may therefore have fewer jobs than `limit`, or none. `next` is null on the last page.",
    parameters: [
      parameter("query", "project", DEFAULT_PROJECT),
      {
        ...parameter(
          "query",
          "state",
          `One or more states of a watch: ${WATCH_STATES.join(", ")}. Repeat the parameter, or separate the states by commas.`,
          {
            type: "array",
            items: { type: "string", enum: WATCH_STATES },
          },
        ),
        style: "form",
        explode: false,
      },
      parameter("query", "limit", "The maximum number of jobs on a page.", {
        type: "integer",
        minimum: 1,
        maximum: MAX_LIST_LIMIT,
        default: DEFAULT_LIST_LIMIT,
      }),
      parameter("query", "before", "The value of `next` from the previous page."),
    ],
    responses: { 200: jsonAnswer("One page of the list.", "JobList"), ...problemAnswers(400, 401, 403, 503) },
  },
  readJob: {
    summary: "Read the status of a job",
    parameters: [
      ...WATCH_PARAMETERS,
      parameter("query", "wait", "Wait up to this number of seconds for the watch to end.", {
        type: "integer",
        minimum: 1,
        maximum: MAX_WAIT_SECONDS,
      }),
      parameter("header", "if-none-match", "The ETags of the documents that the caller has."),
    ],
    responses: {
      200: jsonAnswer("The status document.", "StatusDocument", { ...ETAG, ...RETRY_AFTER }),
      304: NOT_MODIFIED,
      ...problemAnswers(400, 401, 403, 404, 503),
    },
  },
  stopJob: {
    summary: "Stop a watch",
    description:
      "The service stops polling the job and notifies nobody. A watch that has ended keeps its state. A watch that ended as `timed_out` or `lost` becomes restartable: the next `POST /v1/jobs` for this job starts it again.",
    parameters: WATCH_PARAMETERS,
    responses: {
      204: emptyAnswer("The watch is not running."),
      ...problemAnswers(400, 401, 403, 404, 422, 503),
    },
  },
  redeliverJob: {
    summary: "Send an outcome again",
    description:
      "The body may name targets. These targets are notified even if their `on` does not include the outcome. Without names the service notifies the targets of the watch that the caller may use. Every redelivery has its own number, and its notifications start with the first attempt.",
    parameters: WATCH_PARAMETERS,
    requestBody: { required: false, content: jsonContent("Redelivery") },
    responses: {
      202: jsonAnswer("The notifications are in the queue.", "RedeliveryResult"),
      ...problemAnswers(400, 401, 403, 404, 409, 413, 415, 422, 503),
    },
  },
  testTarget: {
    summary: "Test a target",
    description:
      "The service makes one real attempt. If the attempt is delivered, a target that was gone is switched on again.",
    parameters: [parameter("path", "name", "The name of a configured target.")],
    responses: {
      200: jsonAnswer("The result of the attempt.", "TestResult"),
      ...problemAnswers(400, 401, 403, 404, 422, 503),
    },
  },
  readOpenApi: {
    ...OPEN,
    summary: "Read this document",
    responses: {
      200: {
        ...emptyAnswer("The OpenAPI 3.1 document."),
        content: { "application/json": { schema: { type: "object" } } },
      },
    },
  },
  readHealth: {
    ...OPEN,
    summary: "Read the health of the service",
    responses: {
      200: jsonAnswer("The config, the ledger and the queues respond.", "HealthDocument"),
      503: jsonAnswer("The config, the ledger or a queue does not respond.", "HealthDocument"),
    },
  },
  readDocs: {
    ...OPEN,
    summary: "Show this document as a page",
    responses: { 200: pageAnswer("The page.") },
  },
  showJob: {
    ...OPEN,
    summary: "Show the status of a job as a page",
    parameters: [
      ...WATCH_PARAMETERS,
      parameter("query", "key", "The key from the page's link. It replaces a token."),
    ],
    responses: {
      200: pageAnswer("The page."),
      304: NOT_MODIFIED,
      404: pageAnswer("The key is wrong or has expired, or the service has no watch of the job."),
    },
  },
  showJobs: {
    ...OPEN,
    summary: "Show the recent jobs of a project as a page",
    parameters: [
      parameter("query", "key", "The key from the page's link."),
      parameter("query", "project", DEFAULT_PROJECT),
      parameter("query", "state", "Show only watches in this state."),
      parameter("query", "text", "Show only watches that contain these words."),
      parameter("query", "before", "The position of the next page, from the link to older jobs."),
    ],
    responses: {
      200: pageAnswer("The page."),
      304: NOT_MODIFIED,
      404: pageAnswer("The key is wrong or has expired."),
    },
  },
};

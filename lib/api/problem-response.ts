import * as z from "zod/mini";
import type { CallerOperation } from "../config/config.ts";
import type { JobKey } from "../domain/job.ts";
import { withDescription } from "../domain/zod-fields.ts";
import type { ApiResponse } from "./http-message.ts";

/** All kinds of error responses, each with an HTTP status and a title. */
export const PROBLEMS = {
  "malformed-json": { status: 400, title: "Invalid request" },
  "invalid-parameter": { status: 400, title: "Invalid request" },
  unauthenticated: { status: 401, title: "Authentication required" },
  forbidden: { status: 403, title: "Forbidden" },
  "message-refused": { status: 403, title: "Forbidden" },
  "not-found": { status: 404, title: "Not found" },
  "method-not-allowed": { status: 405, title: "Method not allowed" },
  "not-concluded": { status: 409, title: "Conflict" },
  "too-large": { status: 413, title: "Payload too large" },
  "unsupported-media-type": { status: 415, title: "Unsupported media type" },
  "invalid-request": { status: 422, title: "Invalid request" },
  "too-many-requests": { status: 429, title: "Too many requests" },
  "internal-error": { status: 500, title: "Internal server error" },
  unavailable: { status: 503, title: "Service unavailable" },
} as const;
export type ProblemKind = keyof typeof PROBLEMS;

/** The position and the description of one error in a request. */
export const RequestError = z.object({
  pointer: withDescription(
    z.optional(z.string()),
    "The position of the error in the body. The value is a JSON pointer (RFC 6901) as a URI fragment, such as `#/jobIds/3`.",
  ),
  parameter: withDescription(
    z.optional(z.string()),
    "The name of the query or path parameter that contains the error.",
  ),
  detail: z.string(),
});
export type RequestError = z.infer<typeof RequestError>;

/** The problem document (RFC 9457) of an error response, with the additional member `errors`. */
export const Problem = withDescription(
  z.object({
    type: withDescription(z.string(), "A URI reference that identifies the kind of problem."),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: withDescription(z.optional(z.string()), "The request ID as a URN."),
    errors: z.optional(z.array(RequestError)),
  }),
  "A problem document (RFC 9457). `errors` contains all errors of the request.",
);
export type Problem = z.infer<typeof Problem>;

/** The error response that a function returns: a problem document (RFC 9457) and headers. */
export interface ProblemResponse {
  readonly kind: "problem";
  readonly problem: Problem;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * The maximum number of errors in an error response. Without this limit, the response could be longer than the request,
 * because a body of 256 KiB can contain thousands of errors.
 */
const MAX_ERRORS = 100;

/**
 * Creates a problem document (RFC 9457). `detail` explains the problem to people. The detail text contains no internal
 * data.
 */
export function createProblem(
  kind: ProblemKind,
  detail: string,
  errors: readonly RequestError[] = [],
): Problem {
  const { status, title } = PROBLEMS[kind];
  const more = errors.length - MAX_ERRORS;
  return {
    type: `/docs#problem-${kind}`,
    title,
    status,
    detail: more > 0 ? `${detail} The response contains only the first ${MAX_ERRORS} errors.` : detail,
    ...(errors.length === 0 ? {} : { errors: errors.slice(0, MAX_ERRORS) }),
  };
}

/** Creates an error response: a problem document and headers. */
export function problemResponse(
  kind: ProblemKind,
  detail: string,
  errors: readonly RequestError[] = [],
  headers: Readonly<Record<string, string>> = {},
): ProblemResponse {
  return { kind: "problem", problem: createProblem(kind, detail, errors), headers };
}

/**
 * Creates the HTTP response of a problem document (RFC 9457). The request ID becomes the member `instance` of the
 * problem document.
 */
export function renderProblem({ problem, headers }: ProblemResponse, requestId: string): ApiResponse {
  return {
    status: problem.status,
    headers: {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      ...headers,
    },
    body: JSON.stringify({ ...problem, instance: `urn:request:${encodeURIComponent(requestId)}` }),
  };
}

const CHALLENGE = 'Bearer realm="cce-job-notifier"';

const AUTHENTICATION_DETAILS = {
  absent: "The header 'Authorization' is missing. Send 'Authorization: Bearer TOKEN'.",
  malformed: "The header 'Authorization' contains no bearer token. Send 'Authorization: Bearer TOKEN'.",
  refused:
    "The token is not valid for this service. Check that the token is complete and belongs to this stage, or ask the operator for a new token.",
} as const;

/** Creates an error response with the status 401 (RFC 6750, section 3). */
export function createAuthenticationRequired(reason: keyof typeof AUTHENTICATION_DETAILS): ProblemResponse {
  const challenge = reason === "absent" ? CHALLENGE : `${CHALLENGE}, error="invalid_token"`;
  return problemResponse("unauthenticated", AUTHENTICATION_DETAILS[reason], [], {
    "www-authenticate": challenge,
  });
}

/**
 * Creates an error response with the status 403. `errors` contains an error for each project or target that the caller
 * may not use for the operation. Without `errors`, the response states that the caller may not use the operation at
 * all. The response does not show whether a project or target exists.
 */
export function forbidden(operation: CallerOperation, errors: readonly RequestError[] = []): ProblemResponse {
  const what = errors.length === 0 ? "" : " for all names in this request. See 'errors'";
  return problemResponse(
    "forbidden",
    `The token has no right to the operation '${operation}'${what}. Ask the operator of the service for this right.`,
    errors,
    { "www-authenticate": `${CHALLENGE}, error="insufficient_scope", scope="${operation}"` },
  );
}

/** Creates the error for a project or target that the caller may not use. */
export function missingRightError(
  operation: CallerOperation,
  kind: "project" | "target",
  name: string,
  position: Omit<RequestError, "detail">,
): RequestError {
  return {
    ...position,
    detail: `the token has no right to the operation '${operation}' for the ${kind} '${name}'`,
  };
}

/**
 * Creates a response with status 404 for a path that contains a malformed name. A project, target or job with a
 * malformed name cannot exist.
 */
export function malformedPathNotFound(errors: readonly RequestError[]): ProblemResponse {
  return problemResponse("not-found", "A name in the path is malformed. See 'errors'.", errors);
}

/** Creates a response with status 404 for a job. The caller may use the project, but has no watch of the job. */
export function watchNotFound({ project, jobId }: JobKey): ProblemResponse {
  return problemResponse(
    "not-found",
    `The project ${project} has no watch of the job ${jobId}, or the watch was deleted after its retention time. POST /v1/jobs starts a watch.`,
  );
}

/**
 * Creates a response with status 404 for a project or target that the caller may not use. The response is the same
 * whether the project or target exists or not.
 */
export function nameNotFound(kind: "project" | "target", name: string): ProblemResponse {
  return problemResponse("not-found", `The ${kind} ${name} does not exist, or the token may not use it.`);
}

/** Creates a response with status 429 for a caller who has exceeded a limit of the config. */
export function tooManyRequests(detail: string, retryAfterSeconds: number): ProblemResponse {
  return problemResponse("too-many-requests", detail, [], { "retry-after": String(retryAfterSeconds) });
}

/**
 * Creates a response with status 503 (Service unavailable). The header `retry-after` states after how many seconds the
 * caller should send the request again.
 */
export function unavailable(
  detail: string,
  errors: readonly RequestError[] = [],
  retryAfterSeconds = 5,
): ProblemResponse {
  return problemResponse("unavailable", detail, errors, { "retry-after": String(retryAfterSeconds) });
}

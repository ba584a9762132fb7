import type * as z from "zod/mini";
import {
  describeErrorInReply,
  findJobId,
  findOperationWithoutJob,
  findOrderIdOrEllipsis,
} from "../cce/find-job-id.ts";
import type { Context } from "../domain/context-and-labels.ts";
import { JobId } from "../domain/job.ts";
import { isJsonObject, parseJsonOrUndefined, toObjectOrEmpty } from "../domain/json.ts";
import { Name } from "../domain/names.ts";
import { truncate } from "../domain/truncate-text.ts";
import type { ApiRequest } from "./http-message.ts";
import type { ProblemResponse, RequestError } from "./problem-response.ts";
import { readJsonBody } from "./request-body.ts";
import {
  type Locate,
  listParameterErrors,
  locateInBody,
  readListParameter,
  toRequestErrors,
} from "./request-errors.ts";
import { CallbackUrl, MAX_JOBS, MAX_NOTIFY, Submission, WATCHED_FIELDS } from "./submission.ts";

export interface ReadSubmission {
  readonly kind: "submission";
  /**
   * The submission in the request. If the request contains errors, the submission contains only job IDs, names and the
   * callback URL. With these fields, the service can report unknown names together with the other errors.
   */
  readonly submission: Submission;
  readonly errors: readonly RequestError[];
  /**
   * Returns where in the request a field is: in the body or in a query parameter. If the body is a response of CCE,
   * most fields are in query parameters.
   */
  readonly locate: Locate;
}

/**
 * Reads a request `POST /v1/jobs`. With `?from=cce` in the query, the body is a response of CCE. Without `?from=cce`,
 * the body is a submission.
 */
export function readSubmission(request: ApiRequest): ReadSubmission | ProblemResponse {
  const { query } = request;
  // Some calls of CCE return an empty response. If the response of CCE is empty, the query parameters must name the
  // operation.
  const isEmptyReply = request.body.trim() === "" && query.get("from") === "cce" && query.has("operation");
  const body = isEmptyReply ? ({ kind: "json", json: {} } as const) : readJsonBody(request);
  if (body.kind === "problem") return body;
  const fromReply = query.has("from") || isReply(body.json);
  return fromReply ? readReply(query, body.json) : readOwnForm(query, boundArrays(body.json));
}

/**
 * Shortens each array that is too long, because a check of 240 kB of job IDs would take a second. A shortened array has
 * one element more than the schema allows, so that the schema still reports an error.
 */
function boundArrays(json: unknown): unknown {
  if (!isJsonObject(json)) return json;
  const limits: Readonly<Record<string, number>> = { jobIds: MAX_JOBS, notify: MAX_NOTIFY };
  return Object.fromEntries(
    Object.entries(json).map(([field, value]) => {
      const limit = limits[field];
      return [field, Array.isArray(value) && limit !== undefined ? value.slice(0, limit + 1) : value];
    }),
  );
}

function readOwnForm(query: URLSearchParams, json: unknown): ReadSubmission {
  const read = { kind: "submission", locate: locateInBody } as const;
  const parsed = Submission.safeParse(json);
  const errors: RequestError[] = [
    ...listParameterErrors(query).map((error) => ({
      ...error,
      detail: `${error.detail}. Without 'from=cce', all fields belong in the body.`,
    })),
    ...toRequestErrors(parsed),
    ...choiceErrors(json),
  ];
  if (parsed.success && errors.length === 0) return { ...read, submission: parsed.data, errors };
  const submission = readableNames(json);
  return { ...read, submission, errors: [...errors, ...jobIdErrors(submission)] };
}

function choiceErrors(json: unknown): RequestError[] {
  if (!isJsonObject(json)) return [];
  const [first, ...others] = WATCHED_FIELDS.filter((field) => Object.hasOwn(json, field));
  if (first === undefined)
    return [{ pointer: "#/jobId", detail: "is missing. Give 'jobId', 'jobIds' or 'operation'." }];
  return others.map((field) => ({
    pointer: `#/${field}`,
    detail: `must not be given together with '${first}'`,
  }));
}

/**
 * Returns an error for each malformed job ID. If a request has no errors except malformed job IDs, the service rejects
 * only the jobs with a malformed ID, and not the whole request.
 */
function jobIdErrors({ jobId, jobIds = [] }: Submission): RequestError[] {
  const check = (id: string, pointer: string) => toRequestErrors(JobId.safeParse(id), () => ({ pointer }));
  const errors = jobIds.flatMap((id, i) => check(id, `#/jobIds/${i}`));
  return jobId === undefined ? errors : [...errors, ...check(jobId, "#/jobId")];
}

/**
 * Returns the readable fields of a request body that contains errors. An unreadable name in `notify` becomes an empty
 * text, so that the indexes of the other names do not change.
 */
function readableNames(json: unknown): Submission {
  const { jobId, jobIds, project, notify, callbackUrl } = toObjectOrEmpty(json);
  return {
    jobId: typeof jobId === "string" ? jobId : undefined,
    jobIds: Array.isArray(jobIds) && jobIds.every((id) => typeof id === "string") ? jobIds : undefined,
    project: Name.safeParse(project).data,
    notify: Array.isArray(notify) ? notify.map((name) => (typeof name === "string" ? name : "")) : undefined,
    callbackUrl: CallbackUrl.safeParse(callbackUrl).data,
  };
}

/**
 * Returns true if a request body is probably a response of CCE. A body with a field of the schema `Submission` is not a
 * response of CCE.
 */
function isReply(json: unknown): boolean {
  if (!isJsonObject(json)) return false;
  if (Object.keys(Submission.shape).some((field) => Object.hasOwn(json, field))) return false;
  const finders = [findJobId, findOrderIdOrEllipsis, findOperationWithoutJob, describeErrorInReply];
  return finders.some((find) => find(json) !== null);
}

const CONTEXT_PARAMETERS = ["actor", "pipeline", "runUrl", "commit"] as const satisfies (keyof Context)[];
const TEXT_PARAMETERS = ["project", "callbackUrl", "until"] as const;
const NUMBER_PARAMETERS = ["deadlineMinutes", "readyMinutes"] as const;
const OPERATION_PARAMETERS = ["operation", "clusterId"];
const SINGLE_PARAMETERS: readonly string[] = [
  "from",
  ...OPERATION_PARAMETERS,
  ...NUMBER_PARAMETERS,
  ...TEXT_PARAMETERS,
  ...CONTEXT_PARAMETERS,
];

/**
 * Creates a submission from a request whose body is a response of CCE. The caller has started a job or an operation in
 * CCE, and sends the response of CCE to this service. The other fields of the submission are in query parameters, and
 * must match the same schema as in a body. Each error contains the name of the wrong query parameter.
 */
function readReply(query: URLSearchParams, reply: unknown): ReadSubmission {
  const [kind, clusterId] = OPERATION_PARAMETERS.map((name) => query.get(name) ?? undefined);
  const jobId = kind === undefined ? findJobId(reply) : null;
  const operation = jobId === null ? findOperationWithoutJob(reply, { kind, clusterId }) : null;
  const fields = queryFields(query);
  const watched = operation === null ? { jobId: jobId ?? "" } : { operation };
  const parsed = Submission.safeParse({ ...fields, ...watched });
  const errors: RequestError[] = [
    ...queryErrors(query),
    ...(jobId === null && operation === null ? [{ pointer: "#", detail: withoutJobId(reply) }] : []),
    ...(parsed.error?.issues ?? []).map(replyError),
  ];
  const submission = parsed.success && errors.length === 0 ? parsed.data : readableNames(fields);
  return { kind: "submission", submission, errors, locate: locateInReply };
}

function queryFields(query: URLSearchParams): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const name of TEXT_PARAMETERS) if (query.has(name)) fields[name] = query.get(name);
  if (query.has("notify")) fields.notify = readListParameter(query, "notify");
  // A number in a query parameter must be written as in JSON. The function `Number` of JavaScript would also accept ''
  // and '0x10'.
  for (const name of NUMBER_PARAMETERS)
    if (query.has(name)) fields[name] = parseJsonOrUndefined(query.get(name) ?? "") ?? Number.NaN;
  const context = CONTEXT_PARAMETERS.filter((name) => query.has(name)).map((name) => [name, query.get(name)]);
  if (context.length > 0) fields.context = Object.fromEntries(context);
  return fields;
}

const WITHOUT_FROM =
  "is missing. The body is a reply of CCE, so add '?from=cce'. A submission contains 'jobId', 'jobIds' or 'operation'.";

function queryErrors(query: URLSearchParams): RequestError[] {
  const errors = listParameterErrors(query, SINGLE_PARAMETERS, ["notify"]);
  if (query.get("from") !== "cce")
    errors.push({ parameter: "from", detail: query.has("from") ? "must be 'cce'" : WITHOUT_FROM });
  // An empty `notify` probably comes from an unset variable in a pipeline. An empty `notify` is an error, because the
  // service would otherwise silently notify nobody.
  if (query.has("notify") && readListParameter(query, "notify").length === 0)
    errors.push({
      parameter: "notify",
      detail: "must not be empty. Omit 'notify' to notify the default targets.",
    });
  return errors;
}

function withoutJobId(reply: unknown): string {
  const refusal = describeErrorInReply(reply);
  if (refusal !== null) return `CCE refused the call: ${refusal}`;
  const orderId = findOrderIdOrEllipsis(reply);
  return orderId === null
    ? "contains no job ID and no operation. Send the reply of CCE to the call that started the job or the operation."
    : `contains the order ${truncate(orderId, MAX_ORDER_CHARACTERS)} of a prepaid resource and no job ID. CCE starts the job after the payment of the order. Submit the ID of that job then.`;
}

const MAX_ORDER_CHARACTERS = 64;

/**
 * Returns the place of a field of the submission in a request whose body is a response of CCE. The body contains only
 * the job ID. Query parameters contain all other fields.
 */
const locateInReply: Locate = ([field, entry]) => {
  if (field === "operation") {
    if (entry === "clusterId") return { parameter: entry };
    return entry === "kind" ? { parameter: "operation" } : { pointer: "#" };
  }
  const parameter = field === "context" ? entry : field;
  return parameter === undefined || parameter === "jobId"
    ? { pointer: "#" }
    : { parameter: String(parameter) };
};

/**
 * Converts an error of a schema to an error in the request. If one name in the query parameter `notify` is wrong, the
 * error text contains the number of the wrong name.
 */
function replyError({ path, message }: z.core.$ZodIssue): RequestError {
  const [field, entry] = path;
  const prefix = field === "notify" && typeof entry === "number" ? `entry ${entry + 1} ` : "";
  if (field === "operation" && !["kind", "clusterId", undefined].includes(String(entry)))
    return { pointer: "#", detail: `${String(entry)} ${message}` };
  return { ...locateInReply(path), detail: `${prefix}${message}` };
}

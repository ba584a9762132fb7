import type * as z from "zod/mini";
import { findJobId, findRefusal } from "../cce/create-reply.ts";
import type { Context } from "../domain/context.ts";
import { JobId, Name } from "../domain/job.ts";
import { isObject, toObjectOrEmpty } from "../domain/json.ts";
import type { ApiRequest } from "./http-message.ts";
import type { ProblemResponse, RequestError } from "./problem.ts";
import { readJsonBody } from "./request-body.ts";
import {
  type Locate,
  listParameter,
  locateInBody,
  parameterErrors,
  requestErrorsOf,
} from "./request-errors.ts";
import { CallbackUrl, Submission } from "./submission.ts";

export interface ReadSubmission {
  readonly kind: "submission";
  /** With errors, the submission has only its readable names. The names can then still be checked. */
  readonly submission: Submission;
  readonly errors: readonly RequestError[];
  /** Finds a field of the submission in the request: in the body, or in the query for a reply of CCE. */
  readonly locate: Locate;
}

/** Reads `POST /v1/jobs` in both forms: a submission as the body, or with `?from=cce` a reply of CCE as the body. */
export function readSubmission(request: ApiRequest): ReadSubmission | ProblemResponse {
  const { query } = request;
  const body = readJsonBody(request);
  if (body.kind === "problem") return body;
  const fromReply = query.has("from") || isReply(body.json);
  return fromReply ? readReply(query, body.json) : readOwnForm(query, body.json);
}

function readOwnForm(query: URLSearchParams, json: unknown): ReadSubmission {
  const read = { kind: "submission", locate: locateInBody } as const;
  const parsed = Submission.safeParse(json);
  const errors: RequestError[] = [
    ...parameterErrors(query).map((error) => ({
      ...error,
      detail: `${error.detail}. Without 'from=cce', all fields belong in the body.`,
    })),
    ...requestErrorsOf(parsed),
    ...choiceErrors(json),
  ];
  if (parsed.success && errors.length === 0) return { ...read, submission: parsed.data, errors };
  const submission = readableNames(json);
  return { ...read, submission, errors: [...errors, ...jobIdErrors(submission)] };
}

function choiceErrors(json: unknown): RequestError[] {
  if (!isObject(json)) return [];
  const [hasOne, hasMany] = [Object.hasOwn(json, "jobId"), Object.hasOwn(json, "jobIds")];
  if (hasOne && hasMany) return [{ pointer: "#/jobIds", detail: "must not be given together with 'jobId'" }];
  if (!hasOne && !hasMany) return [{ pointer: "#/jobId", detail: "is missing. Give 'jobId' or 'jobIds'." }];
  return [];
}

/** A malformed job ID alone rejects only its own job. With other errors, the malformed ID is one of the errors. */
function jobIdErrors({ jobId, jobIds = [] }: Submission): RequestError[] {
  const check = (id: string, pointer: string) => requestErrorsOf(JobId.safeParse(id), () => ({ pointer }));
  const errors = jobIds.flatMap((id, i) => check(id, `#/jobIds/${i}`));
  return jobId === undefined ? errors : [...errors, ...check(jobId, "#/jobId")];
}

/** Returns the names in a body that has errors. Each name in `notify` keeps its index. */
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

/** Returns whether a body is a reply of CCE and has no field of a submission. */
function isReply(json: unknown): boolean {
  if (typeof json !== "object" || json === null) return false;
  if (Object.keys(Submission.shape).some((field) => Object.hasOwn(json, field))) return false;
  return findJobId(json) !== null || findRefusal(json) !== null;
}

const CONTEXT_PARAMETERS = ["actor", "pipeline", "runUrl", "commit"] as const satisfies (keyof Context)[];
const TEXT_PARAMETERS = ["project", "callbackUrl"] as const;
const SINGLE_PARAMETERS: readonly string[] = [
  "from",
  "deadlineMinutes",
  ...TEXT_PARAMETERS,
  ...CONTEXT_PARAMETERS,
];

/**
 * Makes a submission from the query and from the reply to a create or delete call. The schema is the same as for a body.
 * Each error names the parameter that it comes from.
 */
function readReply(query: URLSearchParams, reply: unknown): ReadSubmission {
  const jobId = findJobId(reply);
  const fields = queryFields(query);
  const parsed = Submission.safeParse({ ...fields, jobId: jobId ?? "" });
  const errors: RequestError[] = [
    ...queryErrors(query),
    ...(jobId === null ? [{ pointer: "#", detail: withoutJobId(findRefusal(reply)) }] : []),
    ...(parsed.error?.issues ?? []).map(replyError),
  ];
  const submission = parsed.success && errors.length === 0 ? parsed.data : readableNames(fields);
  return { kind: "submission", submission, errors, locate: locateInReply };
}

function queryFields(query: URLSearchParams): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const name of TEXT_PARAMETERS) if (query.has(name)) fields[name] = query.get(name);
  if (query.has("notify")) fields.notify = listParameter(query, "notify");
  const minutes = query.get("deadlineMinutes");
  if (minutes !== null) fields.deadlineMinutes = minutes.trim() === "" ? Number.NaN : Number(minutes);
  const context = CONTEXT_PARAMETERS.filter((name) => query.has(name)).map((name) => [name, query.get(name)]);
  if (context.length > 0) fields.context = Object.fromEntries(context);
  return fields;
}

const WITHOUT_FROM =
  "is missing. The body is a reply of CCE, so add '?from=cce'. A submission has 'jobId' or 'jobIds'.";

function queryErrors(query: URLSearchParams): RequestError[] {
  const errors = parameterErrors(query, SINGLE_PARAMETERS, ["notify"]);
  if (query.get("from") !== "cce")
    errors.push({ parameter: "from", detail: query.has("from") ? "must be 'cce'" : WITHOUT_FROM });
  // The probable cause is an unset variable of a pipeline. An empty list would then drop all notifications unnoticed.
  if (query.has("notify") && listParameter(query, "notify").length === 0)
    errors.push({ parameter: "notify", detail: "must not be empty. Omit it for the default targets." });
  return errors;
}

function withoutJobId(refusal: string | null): string {
  return refusal === null
    ? "contains no job ID. Send the reply to a create or delete call."
    : `CCE refused the call: ${refusal}`;
}

/** The job ID comes from the body. Every other field is a parameter. */
const locateInReply: Locate = ([field, entry]) => {
  const parameter = field === "context" ? entry : field;
  return parameter === undefined || parameter === "jobId"
    ? { pointer: "#" }
    : { parameter: String(parameter) };
};

/** All names in `notify` are in one parameter, so the error of one name says which entry it is. */
function replyError({ path, message }: z.core.$ZodIssue): RequestError {
  const [field, entry] = path;
  const prefix = field === "notify" && typeof entry === "number" ? `entry ${entry + 1} ` : "";
  return { ...locateInReply(path), detail: `${prefix}${message}` };
}

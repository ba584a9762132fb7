import type * as z from "zod/mini";
import { findJobId, findRefusal } from "../cce/create-reply.ts";
import type { Context } from "../domain/context.ts";
import { JobId, Name } from "../domain/job.ts";
import { fieldsOf, isObject } from "../domain/json.ts";
import type { ApiRequest } from "./http-message.ts";
import type { ProblemResponse, RequestError } from "./problem.ts";
import { readJsonBody } from "./request-body.ts";
import {
  listParameter,
  pointerOf,
  repeatedParameters,
  requestErrorsOf,
  unknownParameters,
} from "./request-errors.ts";
import { CallbackUrl, Submission } from "./submission.ts";

export interface ReadSubmission {
  readonly kind: "submission";
  /** With errors, the submission has only its readable names. The names can then still be checked. */
  readonly submission: Submission;
  readonly errors: readonly RequestError[];
  /** The body is a reply of CCE. Then the other fields come from the query. */
  readonly fromReply: boolean;
}

type Fields = Pick<ReadSubmission, "submission" | "errors">;

/** Reads `POST /v1/jobs` in both forms: a submission as the body, or with `?from=cce` a reply of CCE as the body. */
export function readSubmission(
  request: Pick<ApiRequest, "query" | "headers" | "body">,
): ReadSubmission | ProblemResponse {
  const { query } = request;
  const body = readJsonBody(request);
  if (body.kind === "problem") return body;
  const fromReply = query.has("from") || isReply(body.json);
  const read = fromReply ? readReply(query, body.json) : readOwnForm(query, body.json);
  return { kind: "submission", ...read, fromReply };
}

function readOwnForm(query: URLSearchParams, json: unknown): Fields {
  const parsed = Submission.safeParse(json);
  const errors: RequestError[] = [
    ...unknownParameters(query, []).map(({ parameter }) => ({
      parameter,
      detail: "unknown parameter. Without 'from=cce', all fields belong in the body.",
    })),
    ...(parsed.success ? [] : requestErrorsOf(parsed.error)),
    ...choiceErrors(json),
  ];
  if (parsed.success && errors.length === 0) return { submission: parsed.data, errors };
  const submission = readableNames(json);
  return { submission, errors: [...errors, ...jobIdErrors(submission)] };
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
  const given: [string, string][] = jobIds.map((id, i) => [`#/jobIds/${i}`, id]);
  if (jobId !== undefined) given.push(["#/jobId", jobId]);
  return given.flatMap(([pointer, id]) => {
    const issue = JobId.safeParse(id).error?.issues[0];
    return issue === undefined ? [] : [{ pointer, detail: issue.message }];
  });
}

/** Returns the names in a body that has errors. Each name in `notify` keeps its index. */
function readableNames(json: unknown): Submission {
  const { jobId, jobIds, project, notify, callbackUrl } = fieldsOf(json);
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
function readReply(query: URLSearchParams, reply: unknown): Fields {
  const jobId = findJobId(reply);
  const fields = queryFields(query);
  const parsed = Submission.safeParse({ ...fields, jobId: jobId ?? "" });
  const errors: RequestError[] = [
    ...parameterErrors(query),
    ...(jobId === null ? [{ pointer: "#", detail: withoutJobId(findRefusal(reply)) }] : []),
    ...(parsed.success ? [] : parsed.error.issues.map(parameterError)),
  ];
  const submission = parsed.success && errors.length === 0 ? parsed.data : readableNames(fields);
  return { submission, errors };
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

function parameterErrors(query: URLSearchParams): RequestError[] {
  const errors = [
    ...unknownParameters(query, ["notify", ...SINGLE_PARAMETERS]),
    ...repeatedParameters(query, SINGLE_PARAMETERS),
  ];
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

/** All names in `notify` are in one parameter, so the error of one name says which entry it is. */
function parameterError({ path, message }: z.core.$ZodIssue): RequestError {
  const [field, entry] = path;
  const parameter = field === "context" ? entry : field;
  if (parameter === undefined || parameter === "jobId") return { pointer: pointerOf([]), detail: message };
  const prefix = field === "notify" && typeof entry === "number" ? `entry ${entry + 1} ` : "";
  return { parameter: String(parameter), detail: `${prefix}${message}` };
}

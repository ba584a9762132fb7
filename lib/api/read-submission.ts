import { readJsonBody } from "./body.ts";
import { faultsOf } from "./faults.ts";
import type { ApiRequest } from "./http.ts";
import type { Fault, Refusal } from "./problem.ts";
import { refuse } from "./problem.ts";
import { replySubmission } from "./reply-submission.ts";
import { Submission } from "./submission.ts";

export type ReadSubmission =
  | { readonly kind: "submission"; readonly submission: Submission; readonly fromReply: boolean }
  | Refusal;

/**
 * Reads `POST /v1/jobs` in either form: our own body, or with `?from=cce` the reply of the cloud, untouched.
 * All faults are told at once. `jobIdOfReply` finds the job ID in such a reply.
 */
export function readSubmission(
  request: Pick<ApiRequest, "query" | "headers" | "body">,
  jobIdOfReply: (body: unknown) => string | null,
): ReadSubmission {
  const body = readJsonBody(request);
  if (body.kind === "refused") return body;
  if (request.query.has("from")) return replySubmission(request.query, body.json, jobIdOfReply);
  const parsed = Submission.safeParse(body.json);
  const faults: Fault[] = [
    ...[...new Set(request.query.keys())].map((parameter) => ({
      parameter,
      detail: "is not a parameter of this call; without 'from=cce' everything is in the body",
    })),
    ...(parsed.success ? [] : faultsOf(parsed.error)),
    ...choiceFaults(body.json),
  ];
  if (!parsed.success || faults.length > 0)
    return refuse("invalid-request", "Nothing was accepted. Each fault is in 'errors'.", faults);
  return { kind: "submission", submission: parsed.data, fromReply: false };
}

function choiceFaults(json: unknown): Fault[] {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return [];
  const [one, many] = [Object.hasOwn(json, "jobId"), Object.hasOwn(json, "jobIds")];
  if (one && many) return [{ pointer: "#/jobIds", detail: "stands beside 'jobId': give one of the two" }];
  if (!one && !many) return [{ pointer: "#/jobId", detail: "is missing: give 'jobId' or 'jobIds'" }];
  return [];
}

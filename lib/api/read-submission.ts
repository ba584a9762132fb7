import { JobId } from "../domain/job.ts";
import { readJsonBody } from "./body.ts";
import type { ApiRequest } from "./http.ts";
import type { Fault, Refusal } from "./problem.ts";
import { type ReadableSubmission, readableIn } from "./readable-submission.ts";
import { type ReplyReader, replySubmission } from "./reply-submission.ts";
import { faultsOf } from "./request-errors.ts";
import { Submission } from "./submission.ts";

export type ReadSubmission =
  | { readonly kind: "submission"; readonly submission: Submission; readonly fromReply: boolean }
  /** It has faults; `readable` is what can still be looked up, so that all faults are told at once. */
  | {
      readonly kind: "faulty";
      readonly faults: readonly Fault[];
      readonly readable: ReadableSubmission;
      readonly fromReply: boolean;
    }
  | Refusal;

/** Reads `POST /v1/jobs` in either form: our own body, or with `?from=cce` the reply of the cloud, untouched. */
export function readSubmission(
  request: Pick<ApiRequest, "query" | "headers" | "body">,
  replies: ReplyReader,
): ReadSubmission {
  const { query } = request;
  const body = readJsonBody(request);
  if (body.kind === "refused") return body;
  if (query.has("from")) return { ...replySubmission(query, body.json, replies), fromReply: true };
  if (isReplyShaped(body.json, replies)) return withoutFrom(query, body.json, replies);
  return { ...ownSubmission(query, body.json), fromReply: false };
}

function ownSubmission(query: URLSearchParams, json: unknown) {
  const parsed = Submission.safeParse(json);
  const faults: Fault[] = [
    ...[...new Set(query.keys())].map((parameter) => ({
      parameter,
      detail: "is not a parameter of this call; without 'from=cce' everything is in the body",
    })),
    ...(parsed.success ? [] : faultsOf(parsed.error)),
    ...choiceFaults(json),
  ];
  if (parsed.success && faults.length === 0) return { kind: "submission" as const, submission: parsed.data };
  const readable = readableIn(json);
  return { kind: "faulty" as const, faults: [...faults, ...idFaults(readable)], readable };
}

/** A body that holds what the cloud answers and nothing that this call knows: whoever sent it forgot to say so. */
function isReplyShaped(json: unknown, { jobIdOf, refusalIn }: ReplyReader): boolean {
  if (typeof json !== "object" || json === null) return false;
  if (Object.keys(Submission.shape).some((field) => Object.hasOwn(json, field))) return false;
  return jobIdOf(json) !== null || refusalIn(json) !== null;
}

function withoutFrom(query: URLSearchParams, json: unknown, replies: ReplyReader): ReadSubmission {
  const meant = new URLSearchParams([...query, ["from", "cce"]]);
  const read = replySubmission(meant, json, replies);
  return {
    kind: "faulty",
    faults: [
      {
        parameter: "from",
        detail:
          "is missing: this looks like CCE's reply, so add '?from=cce' (a body of your own names 'jobId' or 'jobIds')",
      },
      ...(read.kind === "faulty" ? read.faults : []),
    ],
    readable: read.kind === "faulty" ? read.readable : read.submission,
    fromReply: true,
  };
}

/** IDs that are none: alone each is its job's answer, beside other faults it is one of them. */
function idFaults({ jobId, jobIds = [] }: ReadableSubmission): Fault[] {
  const given: [string, string][] = jobIds.map((id, i) => [`#/jobIds/${i}`, id]);
  if (jobId !== undefined) given.push(["#/jobId", jobId]);
  return given.flatMap(([pointer, id]) => {
    const checked = JobId.safeParse(id);
    return checked.success ? [] : [{ pointer, detail: checked.error.issues[0]?.message ?? "is no job ID" }];
  });
}

function choiceFaults(json: unknown): Fault[] {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return [];
  const [one, many] = [Object.hasOwn(json, "jobId"), Object.hasOwn(json, "jobIds")];
  if (one && many) return [{ pointer: "#/jobIds", detail: "stands beside 'jobId': give one of the two" }];
  if (!one && !many) return [{ pointer: "#/jobId", detail: "is missing: give 'jobId' or 'jobIds'" }];
  return [];
}

import * as z from "zod/mini";
import { JobId, Name } from "../job.ts";
import { readJsonBody } from "./body.ts";
import { faultsOf } from "./faults.ts";
import type { ApiRequest } from "./http.ts";
import type { Fault, Refusal } from "./problem.ts";
import { replySubmission } from "./reply-submission.ts";
import { CallbackUrl, Submission } from "./submission.ts";

export type ReadSubmission =
  | { readonly kind: "submission"; readonly submission: Submission; readonly fromReply: boolean }
  /** It has faults; `readable` is what can still be looked up, so that all faults are told at once. */
  | { readonly kind: "faulty"; readonly faults: readonly Fault[]; readonly readable: Submission }
  | Refusal;

const Fields = z.record(z.string(), z.unknown());
const Text = z.string();
const Texts = z.array(Text);
const Names = z.array(Name);

/**
 * Reads `POST /v1/jobs` in either form: our own body, or with `?from=cce` the reply of the cloud, untouched.
 * `jobIdOfReply` finds the job ID in such a reply.
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
  if (!parsed.success || faults.length > 0) {
    const readable = readableIn(body.json);
    return { kind: "faulty", faults: [...faults, ...idFaults(readable)], readable };
  }
  return { kind: "submission", submission: parsed.data, fromReply: false };
}

/** The names in a body whatever else is wrong with it. */
function readableIn(json: unknown) {
  const { jobId, jobIds, project, notify, callbackUrl } = validated(Fields, json) ?? {};
  return {
    jobId: validated(Text, jobId),
    jobIds: validated(Texts, jobIds),
    project: validated(Name, project),
    notify: validated(Names, notify),
    callbackUrl: validated(CallbackUrl, callbackUrl),
  };
}

/** The value if it is valid, else undefined. */
function validated<T>(schema: z.ZodMiniType<T>, value: unknown): T | undefined {
  const parsed = schema.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

/** IDs that are none: alone each is its job's answer, beside other faults it is one of them. */
function idFaults({ jobId, jobIds = [] }: ReturnType<typeof readableIn>): Fault[] {
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

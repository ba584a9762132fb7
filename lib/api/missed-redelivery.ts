import * as z from "zod/mini";
import { type Instant, Name } from "../domain/job.ts";
import { parseJson } from "../domain/json.ts";
import { withDescription } from "../domain/zod-fields.ts";
import { PageToken } from "../ledger/page-token.ts";
import type { ApiRequest } from "./http-message.ts";
import type { ProblemResponse } from "./problem.ts";
import { SkipReason } from "./redelivery-request.ts";
import { readJsonBody } from "./request-body.ts";
import { findParameterErrors, invalidRequest, toRequestErrors } from "./request-errors.ts";

/** The body of `POST /v1/targets/{name}/redeliver`. */
export const MissedRedelivery = withDescription(
  z.strictObject({
    since: withDescription(
      z.iso.datetime({ offset: true, error: "must be a time such as '2026-11-23T09:30:00Z'" }),
      "The service sends the notifications of the jobs whose watch ended at this time or later.",
    ),
    dryRun: withDescription(
      z.optional(z.boolean()),
      "If true, the service only lists the jobs and sends nothing.",
    ),
  }),
  "The notifications that a target missed.",
);

export type MissedRedelivery = z.infer<typeof MissedRedelivery>;

/** The status `missed` stands only in the response to a dry run. */
export const MissedStatus = z.enum(["queued", "missed", "skipped"]);

/** One job whose notification a target missed. */
export const MissedJob = z.object({
  project: z.string(),
  jobId: z.string(),
  status: MissedStatus,
  reason: z.optional(SkipReason),
});
export type MissedJob = z.infer<typeof MissedJob>;

/** The body of the response to `POST /v1/targets/{name}/redeliver`. */
export const MissedRedeliveryResult = z.object({
  jobs: z.array(MissedJob),
  /** The value of `before` for the next request. Is null after the last job. */
  next: z.nullable(z.string()),
});
export type MissedRedeliveryResult = z.infer<typeof MissedRedeliveryResult>;

/** The place where a request continues: the page of a project's watches. Null is the first page. */
export interface MissedPosition {
  readonly project: string;
  readonly before: string | null;
}

const Position = z.tuple([Name, z.nullable(PageToken)]);

/** Returns a position in the form of a page token. */
export function toMissedToken({ project, before }: MissedPosition): string {
  return Buffer.from(JSON.stringify([project, before])).toString("base64url");
}

function parseMissedToken(token: string): MissedPosition | null {
  const position = Position.safeParse(parseJson(Buffer.from(token, "base64url").toString()));
  if (!position.success) return null;
  const [project, before] = position.data;
  return { project, before };
}

export interface MissedRequest {
  readonly kind: "missed";
  readonly since: Instant;
  readonly dryRun: boolean;
  /** Is null if the request starts with the first project. */
  readonly from: MissedPosition | null;
}

/** Reads the body and the query parameter `before` of `POST /v1/targets/{name}/redeliver`. */
export function readMissedRedelivery(request: ApiRequest): MissedRequest | ProblemResponse {
  const token = request.query.get("before");
  const from = token === null ? null : parseMissedToken(token);
  const errors = findParameterErrors(request.query, ["before"]);
  if (token !== null && from === null)
    errors.push({ parameter: "before", detail: "must be the value of 'next' from the previous response" });
  const body = readJsonBody(request);
  if (body.kind === "problem") return errors.length > 0 ? invalidRequest(errors) : body;
  const parsed = MissedRedelivery.safeParse(body.json);
  if (!parsed.success || errors.length > 0) return invalidRequest([...errors, ...toRequestErrors(parsed)]);
  const { since, dryRun = false } = parsed.data;
  return { kind: "missed", since: Date.parse(since), dryRun, from };
}

import * as z from "zod/mini";
import type { Instant } from "../domain/job.ts";
import { parseJsonOrUndefined } from "../domain/json.ts";
import { Name } from "../domain/names.ts";
import { listSchema, textSchema, withDescription } from "../domain/zod-fields.ts";
import { PageToken } from "../ledger/page-token.ts";
import type { ApiRequest } from "./http-message.ts";
import type { ProblemResponse, RequestError } from "./problem-response.ts";
import { readJsonBody } from "./request-body.ts";
import { invalidRequest, listParameterErrors, toRequestErrors } from "./request-errors.ts";

/** The name of a target in the config, or the name of the target for a caller's `callbackUrl`. */
const TargetName = z.lazy(() =>
  textSchema(
    z.regex(/^(?:callback:)?[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, "must be the name of a target of the watch"),
  ),
);

/** The body of a request `POST …/redeliver`. A request with an empty body is about all targets of the watch. */
export const Redelivery = z.lazy(() =>
  withDescription(
    z.strictObject({
      targets: withDescription(
        z.optional(
          listSchema(
            TargetName,
            z.minLength(1, "must have at least 1 target. Omit 'targets' to notify all targets."),
            z.maxLength(50, "must have at most 50 targets"),
          ),
        ),
        "The targets to notify again. The default is all targets of the watch that the caller may use and whose `on` lists the outcome.",
      ),
    }),
    "The targets to notify again.",
  ),
);
export type Redelivery = z.infer<typeof Redelivery>;

/** The reason why a redelivery does not send a notification. */
export const SkipReason = withDescription(
  z.enum(["target_off", "not_queued"]),
  "`target_off`: the target is switched off. A successful `POST /v1/targets/{name}/test` switches the target on. `not_queued`: the queue did not confirm the message. Send the request again.",
);

export type SkipReason = z.infer<typeof SkipReason>;

export const RedeliveryStatus = z.enum(["queued", "skipped"]);

/** One target in the response to `POST …/redeliver`. */
export const RedeliveredTarget = z.object({
  target: z.string(),
  status: RedeliveryStatus,
  /** The field `reason` is present only if the service skipped the target. */
  reason: z.optional(SkipReason),
});
export type RedeliveredTarget = z.infer<typeof RedeliveredTarget>;

/** The response body of `POST …/redeliver`. */
export const RedeliveryResult = z.object({
  project: z.string(),
  jobId: z.string(),
  targets: z.array(RedeliveredTarget),
});
export type RedeliveryResult = z.infer<typeof RedeliveryResult>;

export function readRedeliveryRequest(
  request: ApiRequest,
): { readonly kind: "redelivery"; readonly redelivery: Redelivery } | ProblemResponse {
  const body = request.body === "" ? ({ kind: "json", json: {} } as const) : readJsonBody(request);
  if (body.kind === "problem") return body;
  const parsed = Redelivery.safeParse(body.json);
  const errors = [...listParameterErrors(request.query).map(withBodyHint), ...toRequestErrors(parsed)];
  return errors.length > 0 ? invalidRequest(errors) : { kind: "redelivery", redelivery: parsed.data ?? {} };
}

/**
 * Adds advice to the error about a query parameter `targets`. Such a parameter is an error, because the service would
 * otherwise ignore it and notify all targets.
 */
function withBodyHint(error: RequestError): RequestError {
  return error.parameter === "targets"
    ? { ...error, detail: `${error.detail}. Send the targets in the body: {"targets":["NAME"]}.` }
    : error;
}

/** The body of a request `POST /v1/targets/{name}/redeliver`. */
export const MissedRedelivery = z.lazy(() =>
  withDescription(
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
  ),
);

export type MissedRedelivery = z.infer<typeof MissedRedelivery>;

/** In a dry run, `missed` replaces `queued`. */
export const MissedStatus = z.enum(["queued", "missed", "skipped"]);

/** A job about which the target was not notified. */
export const MissedJob = z.object({
  project: z.string(),
  jobId: z.string(),
  status: MissedStatus,
  reason: z.optional(SkipReason),
});
export type MissedJob = z.infer<typeof MissedJob>;

/** The response body of `POST /v1/targets/{name}/redeliver`. */
export const MissedRedeliveryResult = z.object({
  jobs: z.array(MissedJob),
  /**
   * The token for the next page. The caller sends the token in the parameter `before`. If there are no more jobs,
   * `next` is null.
   */
  next: z.nullable(z.string()),
});
export type MissedRedeliveryResult = z.infer<typeof MissedRedeliveryResult>;

/**
 * A redelivery may need several requests. The next request continues at this project, and at the page `before` of the
 * project's watches. For the first page, `before` is null.
 */
export interface MissedPosition {
  readonly project: string;
  readonly before: string | null;
}

const Position = z.lazy(() => z.tuple([Name, z.nullable(PageToken)]));

export function createPageTokenOfMissedRedelivery({ project, before }: MissedPosition): string {
  return Buffer.from(JSON.stringify([project, before])).toString("base64url");
}

function parseMissedToken(token: string): MissedPosition | null {
  const position = Position.safeParse(parseJsonOrUndefined(Buffer.from(token, "base64url").toString()));
  if (!position.success) return null;
  const [project, before] = position.data;
  return { project, before };
}

export interface MissedRequest {
  readonly kind: "missed";
  readonly since: Instant;
  readonly dryRun: boolean;
  /**
   * The position from the page token of the request. If the request contains no page token, `from` is null. The
   * function then begins with the first project.
   */
  readonly from: MissedPosition | null;
}

/** Reads the body and the query parameter `before` of a request. */
export function readMissedRedeliveryRequest(request: ApiRequest): MissedRequest | ProblemResponse {
  const token = request.query.get("before");
  const from = token === null ? null : parseMissedToken(token);
  const errors = listParameterErrors(request.query, ["before"]);
  if (token !== null && from === null)
    errors.push({ parameter: "before", detail: "must be the value of 'next' from the previous response" });
  const body = readJsonBody(request);
  if (body.kind === "problem") return errors.length > 0 ? invalidRequest(errors) : body;
  const parsed = MissedRedelivery.safeParse(body.json);
  if (!parsed.success || errors.length > 0) return invalidRequest([...errors, ...toRequestErrors(parsed)]);
  const { since, dryRun = false } = parsed.data;
  return { kind: "missed", since: Date.parse(since), dryRun, from };
}

import * as z from "zod/mini";
import { withDescription } from "../domain/zod-fields.ts";
import type { ApiRequest } from "./http-message.ts";
import type { ProblemResponse, RequestError } from "./problem.ts";
import { readJsonBody } from "./request-body.ts";
import { findParameterErrors, invalidRequest, toRequestErrors } from "./request-errors.ts";

/** The name of a target in the config, or the name of the target for the callback of a watch. */
const TargetName = z
  .string()
  .check(
    z.regex(/^(?:callback:)?[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, "must be the name of a target of the watch"),
  );

/** The body of a `POST …/redeliver` request. If the body is empty, the service notifies all targets again. */
export const Redelivery = withDescription(
  z.strictObject({
    targets: withDescription(
      z.optional(
        z
          .array(TargetName)
          .check(
            z.minLength(1, "must have at least 1 target. Omit 'targets' to notify all targets."),
            z.maxLength(50, "must have at most 50 targets"),
          ),
      ),
      "The targets to notify again. The default is all targets of the watch that the caller may use and whose `on` lists the outcome.",
    ),
  }),
  "The targets to notify again.",
);
export type Redelivery = z.infer<typeof Redelivery>;

/** Says why the service queues no notification again. */
export const SkipReason = withDescription(
  z.enum(["target_off", "not_queued"]),
  "`target_off`: the target is switched off. A successful `POST /v1/targets/{name}/test` switches the target on. `not_queued`: the queue did not confirm the message. Send the request again.",
);

export type SkipReason = z.infer<typeof SkipReason>;

export const RedeliveryStatus = z.enum(["queued", "skipped"]);

/** A target in the response to `POST …/redeliver`. */
export const RedeliveredTarget = z.object({
  target: z.string(),
  status: RedeliveryStatus,
  /** Only a skipped target has a reason. */
  reason: z.optional(SkipReason),
});
export type RedeliveredTarget = z.infer<typeof RedeliveredTarget>;

/** The body of the response to `POST …/redeliver`. The body lists the targets. */
export const RedeliveryResult = z.object({
  project: z.string(),
  jobId: z.string(),
  targets: z.array(RedeliveredTarget),
});
export type RedeliveryResult = z.infer<typeof RedeliveryResult>;

/** Reads the body of a `POST …/redeliver` request. */
export function readRedelivery(
  request: ApiRequest,
): { readonly kind: "redelivery"; readonly redelivery: Redelivery } | ProblemResponse {
  const body = request.body === "" ? ({ kind: "json", json: {} } as const) : readJsonBody(request);
  if (body.kind === "problem") return body;
  const parsed = Redelivery.safeParse(body.json);
  const errors = [...findParameterErrors(request.query).map(withBodyHint), ...toRequestErrors(parsed)];
  return errors.length > 0 ? invalidRequest(errors) : { kind: "redelivery", redelivery: parsed.data ?? {} };
}

/**
 * Adds advice to the error for a query parameter `targets`. If the API ignored the query parameter `targets`, the API
 * would notify all targets.
 */
function withBodyHint(error: RequestError): RequestError {
  return error.parameter === "targets"
    ? { ...error, detail: `${error.detail}. Send the targets in the body: {"targets":["NAME"]}.` }
    : error;
}

import { randomUUID } from "node:crypto";
import type { Fault } from "./faults.ts";

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** The gateway before CCE speaks so. */
export const gatewayError = (status: number, code: string, text: string): Answer => ({
  status,
  body: { error_msg: text, error_code: code, request_id: randomUUID().replaceAll("-", "") },
});

/** CCE itself speaks so. */
const cceError = (status: number, code: string, text: string): Answer => ({
  status,
  body: { errorCode: code, errorMessage: text },
});

export const NO_SUCH_ROUTE = gatewayError(
  404,
  "APIGW.0101",
  "The API does not exist or has not been published in the environment",
);
export const NO_SUCH_JOB = cceError(404, "CCE.01404001", "Resource not found.");
export const BAD_TOKEN = gatewayError(401, "APIGW.0307", "The token must be updated.");

/** What a fault answers; null for those that answer nothing at all. */
export function faultAnswer(fault: Fault): Answer | null {
  switch (fault.kind) {
    case "429":
      return {
        ...gatewayError(429, "APIGW.0308", "The throttling threshold has been reached"),
        headers: fault.retryAfterSeconds === undefined ? {} : { "retry-after": `${fault.retryAfterSeconds}` },
      };
    case "401":
      return BAD_TOKEN;
    case "403":
      return cceError(403, "CCE.01403001", "Forbidden.");
    case "500":
      return cceError(500, "CCE.01500001", "Internal error.");
    case "garbage":
      return { status: 200, body: "<html><body>504 Gateway Time-out</body></html>" };
    case "404-at-first":
      return NO_SUCH_JOB;
    case "hang":
    case "reset":
      return null;
    default:
      return fault.kind satisfies never;
  }
}

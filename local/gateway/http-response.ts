import * as z from "zod";
import type { InvocationResult } from "../lambda/runtime-api.ts";

export interface HttpResponse {
  readonly status: number;
  /**
   * The headers of an HTTP response. The gateway sends the names of the headers unchanged. If a header is an array of
   * values, each value is sent as one header.
   */
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer;
}

const StructuredResult = z.object({
  statusCode: z.int().min(100).max(599),
  headers: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String)).nullish(),
  cookies: z.array(z.string()).nullish(),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().nullish(),
});

/** Returns an error response that API Gateway itself creates, without a function. */
export function createGatewayResponse(status: number, message: string): HttpResponse {
  const body = Buffer.from(JSON.stringify({ message }));
  return { status, headers: { "content-type": "application/json" }, body };
}

/**
 * Returns API Gateway's response for a throttled function and for a function that is too slow. A slow function
 * continues to run after the caller has got the response.
 */
export const createServiceUnavailableResponse = (): HttpResponse =>
  createGatewayResponse(503, "Service Unavailable");

/**
 * Creates the HTTP response from the result of a function (payload format 2.0 of API Gateway). If the result has no
 * `statusCode`, the response has the status 200, and the whole result becomes the body. A failed function or an invalid
 * result leads to the status 500, without details. If the function was throttled, the response has status 503.
 */
export function createHttpResponse(invocation: InvocationResult): HttpResponse {
  const internalError = createGatewayResponse(500, "Internal Server Error");
  if (invocation.kind === "throttled") return createServiceUnavailableResponse();
  if (invocation.kind === "error") return internalError;
  const { result } = invocation;
  if (typeof result !== "object" || result === null || !("statusCode" in result)) {
    const body = Buffer.from(typeof result === "string" ? result : JSON.stringify(result));
    return { status: 200, headers: { "content-type": "application/json" }, body };
  }
  const parsed = StructuredResult.safeParse(result);
  if (!parsed.success) return internalError;
  const { statusCode, headers, cookies, body, isBase64Encoded } = parsed.data;
  const hasType = Object.keys(headers ?? {}).some((name) => name.toLowerCase() === "content-type");
  return {
    status: statusCode,
    headers: {
      ...(!hasType && body ? { "content-type": "text/plain; charset=utf-8" } : {}),
      ...headers,
      ...(cookies && cookies.length > 0 && { "set-cookie": cookies }),
    },
    body: Buffer.from(body ?? "", isBase64Encoded ? "base64" : "utf8"),
  };
}

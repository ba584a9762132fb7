import * as z from "zod";
import type { Invoked } from "../lambda/invocation.ts";

export interface HttpAnswer {
  readonly status: number;
  /** Names as the function spelled them; a list is sent as so many headers. */
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer;
}

const Structured = z.object({
  statusCode: z.int().min(100).max(599),
  headers: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String)).nullish(),
  cookies: z.array(z.string()).nullish(),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().nullish(),
});

/** What API Gateway itself says. */
export function gatewayAnswer(status: number, message: string): HttpAnswer {
  const body = Buffer.from(JSON.stringify({ message }));
  return { status, headers: { "content-type": "application/json" }, body };
}

/**
 * Turns what a function returned into an HTTP answer, payload format 2.0: a value without `statusCode` is itself the
 * body; an answer that is neither, or a failure, is a 500 that says nothing.
 */
export function httpAnswer(invoked: Invoked): HttpAnswer {
  const internal = gatewayAnswer(500, "Internal Server Error");
  if (invoked.kind === "error") return internal;
  const { result } = invoked;
  if (typeof result !== "object" || result === null || !("statusCode" in result)) {
    const body = Buffer.from(typeof result === "string" ? result : JSON.stringify(result));
    return { status: 200, headers: { "content-type": "application/json" }, body };
  }
  const parsed = Structured.safeParse(result);
  if (!parsed.success) return internal;
  const { statusCode, headers, cookies, body, isBase64Encoded } = parsed.data;
  const named = Object.keys(headers ?? {}).some((name) => name.toLowerCase() === "content-type");
  return {
    status: statusCode,
    headers: {
      ...(!named && body ? { "content-type": "text/plain; charset=utf-8" } : {}),
      ...headers,
      ...(cookies && cookies.length > 0 && { "set-cookie": cookies }),
    },
    body: Buffer.from(body ?? "", isBase64Encoded ? "base64" : "utf8"),
  };
}

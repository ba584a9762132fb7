import type { ApiRequest } from "./http.ts";
import { type Refusal, refuse } from "./problem.ts";

/** Far more than 100 job IDs and their context need; SQS and the gateway would take little more. */
export const MAX_BODY_BYTES = 256 * 1024;

export type ParsedBody = { readonly kind: "json"; readonly json: unknown } | Refusal;

/**
 * Reads a JSON body. No content type counts as JSON; `application/json` and `…+json` are, in UTF-8 only.
 * Refuses with 413, 415 or 400.
 */
export function readJsonBody(request: Pick<ApiRequest, "headers" | "body">): ParsedBody {
  if (Buffer.byteLength(request.body) > MAX_BODY_BYTES)
    return refuse("too-large", `The body may have at most ${MAX_BODY_BYTES} bytes.`);
  if (!isJson(request.headers["content-type"]))
    return refuse(
      "unsupported-media-type",
      "Send JSON in UTF-8, with the header 'content-type: application/json'.",
      [],
      { accept: "application/json" },
    );
  try {
    return { kind: "json", json: JSON.parse(request.body) };
  } catch {
    return refuse(
      "malformed-json",
      request.body === "" ? "The body is empty." : "The body cannot be parsed.",
      [{ pointer: "#", detail: "is not JSON" }],
    );
  }
}

function isJson(contentType: string | undefined): boolean {
  if (contentType === undefined || contentType.trim() === "") return true;
  const [type = "", ...parameters] = contentType.split(";").map((part) => part.trim().toLowerCase());
  if (!/^application\/(json|[a-z0-9.!#$&^_-]+\+json)$/.test(type)) return false;
  const charset = parameters.find((parameter) => parameter.startsWith("charset="));
  return charset === undefined || /^charset="?utf-?8"?$/.test(charset);
}

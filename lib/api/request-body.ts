import { parseJsonOrUndefined } from "../domain/json.ts";
import type { ApiRequest } from "./http-message.ts";
import { type ProblemResponse, problemResponse } from "./problem-response.ts";
import { invalidRequest, listParameterErrors } from "./request-errors.ts";

/**
 * The maximum size of a request body in bytes. The largest useful body, with 100 job IDs and a complete `context`, is
 * much smaller.
 */
export const MAX_BODY_BYTES = 256 * 1024;

/**
 * Reads the JSON body of a request. If the request has a content type, it must be `application/json` or
 * `application/*+json`. The body must be in UTF-8, and it must not be compressed. For a body that the service does not
 * accept, the result is an error response with status 400, 413 or 415.
 */
export function readJsonBody(
  request: ApiRequest,
): { readonly kind: "json"; readonly json: unknown } | ProblemResponse {
  const refusal = refuseLargeOrCompressedBody(request);
  if (refusal !== null) return refusal;
  const { headers, body } = request;
  if (!isJsonType(headers["content-type"]))
    return problemResponse(
      "unsupported-media-type",
      "Send JSON in UTF-8 with the header 'content-type: application/json'.",
      [],
      { accept: "application/json" },
    );
  const json = parseJsonOrUndefined(body);
  if (json !== undefined) return { kind: "json", json };
  const detail = body === "" ? "The body is empty. Send JSON." : "The body is not valid JSON.";
  return problemResponse("malformed-json", detail, [{ pointer: "#", detail: "must be JSON" }]);
}

/**
 * Checks the size and the compression of a request body. If the body is too large or compressed, returns a response
 * with status 413 or 415.
 */
export function refuseLargeOrCompressedBody(
  request: Pick<ApiRequest, "headers" | "body">,
): ProblemResponse | null {
  const { headers, body } = request;
  if (Buffer.byteLength(body) > MAX_BODY_BYTES)
    return problemResponse("too-large", `The body must have at most ${MAX_BODY_BYTES} bytes.`);
  const coding = headers["content-encoding"]?.trim().toLowerCase() ?? "";
  if (coding === "" || coding === "identity") return null;
  return problemResponse(
    "unsupported-media-type",
    "Send the body without compression and without the header 'content-encoding'.",
    [],
    { "accept-encoding": "identity" },
  );
}

function isJsonType(contentType: string | undefined): boolean {
  if (contentType === undefined || contentType.trim() === "") return true;
  const [type = "", ...parameters] = contentType.split(";").map((part) => part.trim().toLowerCase());
  if (!/^application\/(json|[a-z0-9.!#$&^_-]+\+json)$/.test(type)) return false;
  const charset = parameters.find((parameter) => parameter.startsWith("charset="));
  return charset === undefined || /^charset="?utf-?8"?$/.test(charset);
}

/**
 * Returns an error response if a request contains a body or an unknown query parameter. Otherwise, returns null. Some
 * clients always send the body `{}`, so this body counts as empty.
 */
export function rejectUnexpectedQueryOrBody(
  { query, body }: ApiRequest,
  allowedParameters: readonly string[] = [],
): ProblemResponse | null {
  const errors = listParameterErrors(query, allowedParameters);
  if (!/^(\{\s*\})?$/.test(body.trim()))
    errors.push({ pointer: "#", detail: "must be empty. This call has no body." });
  return errors.length === 0 ? null : invalidRequest(errors);
}

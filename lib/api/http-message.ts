import { createHash } from "node:crypto";

/** An HTTP request to the API. The transport is not visible in a request. */
export interface ApiRequest {
  readonly method: string;
  /** As sent, still percent-encoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names are in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  readonly requestId: string;
}

export interface ApiResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A response depends on the caller and on the time. A cache may store a response, but must revalidate it. */
const PRIVATE_HEADERS = { "cache-control": "private, no-cache", "x-content-type-options": "nosniff" };

/** Makes a response with a JSON document as its body. */
export function jsonResponse(
  status: number,
  document: unknown,
  headers: Readonly<Record<string, string>> = {},
): ApiResponse {
  return {
    status,
    headers: { "content-type": "application/json; charset=utf-8", ...PRIVATE_HEADERS, ...headers },
    body: JSON.stringify(document),
  };
}

/** Returns the size of a response in bytes as Lambda counts it: the body is a string in a JSON document. */
export function responseBytes(response: ApiResponse): number {
  return Buffer.byteLength(JSON.stringify(response));
}

/**
 * Adds an ETag to a response. Returns 304 without a body when the caller already has the body of a 200 response
 * (RFC 9110, section 13.1.2).
 */
export function conditionalResponse(
  response: ApiResponse,
  { headers }: Pick<ApiRequest, "headers">,
): ApiResponse {
  const etag = etagOf(response.body ?? "");
  if (response.status !== 200 || !matchesEtag(headers["if-none-match"], etag))
    return { ...response, headers: { ...response.headers, etag } };
  const { "content-type": _, ...kept } = { ...response.headers };
  return { status: 304, headers: { ...kept, etag } };
}

/** Returns a strong entity tag of a body (RFC 9110, section 8.8.3). */
export function etagOf(body: string): string {
  return `"${createHash("sha256").update(body).digest("base64url").slice(0, 27)}"`;
}

/** Returns whether an `If-None-Match` header contains the tag. The comparison is weak (RFC 9110, section 13.1.2). */
export function matchesEtag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === "*") return true;
  return (header.match(/(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g) ?? []).some(
    (tag) => tag.replace(/^W\//, "") === etag,
  );
}

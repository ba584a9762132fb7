import { createHash } from "node:crypto";

/** An HTTP request to the API. An `ApiRequest` does not depend on API Gateway or on Lambda. */
export interface ApiRequest {
  readonly method: string;
  /**
   * The path of the request without percent-encoding, as API Gateway sends the path to a function. The path may start
   * with the base path of a custom domain.
   */
  readonly path: string;
  readonly query: URLSearchParams;
  /** The names of the request headers are in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  readonly requestId: string;
  /** The IP address from which the request came. */
  readonly sourceIp: string;
}

export interface ApiResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/**
 * Returns response headers without control characters and line breaks in the values. Every response of the service goes
 * through `removeUnsafeHeaderCharacters`, so no text from a request can add a header to a response.
 */
export function removeUnsafeHeaderCharacters(
  headers: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, value.replace(/[^\x20-\x7e\x80-\xff]/g, "")]),
  );
}

/**
 * The cache headers of an API response. An API response depends on the caller and on the time, so a cache must ask the
 * API again before the cache uses a stored response.
 */
const PRIVATE_HEADERS = { "cache-control": "private, no-cache", "x-content-type-options": "nosniff" };

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

/**
 * Returns the size of a response in bytes as Lambda counts the size. Lambda sends a response as a JSON document, and
 * the body of the response is a string in the JSON document.
 */
export function countSerializedBytes(response: ApiResponse): number {
  return Buffer.byteLength(JSON.stringify(response));
}

/**
 * Adds an ETag to a response. If the caller already has the body of a 200 response, the function returns a 304 response
 * without a body (RFC 9110, section 13.1.2). A response that has an ETag keeps this ETag.
 */
export function withEtagOrNotModified(
  response: ApiResponse,
  { headers }: Pick<ApiRequest, "headers">,
): ApiResponse {
  const { headers: kept, ...tagged } = withEtag(response);
  if (response.status !== 200 || !matchesEtag(headers["if-none-match"], kept.etag))
    return { ...tagged, headers: kept };
  const { "content-type": _, ...cacheHeaders } = kept;
  return { status: 304, headers: cacheHeaders };
}

type TaggedHeaders = Readonly<Record<string, string>> & { readonly etag: string };

/** Adds an ETag to a response, unless the response has an ETag. */
export function withEtag(response: ApiResponse): ApiResponse & { readonly headers: TaggedHeaders } {
  const { etag = computeEtag(response.body ?? "") } = { ...response.headers };
  return { ...response, headers: { ...response.headers, etag } };
}

/** Returns the strong entity tag (ETag) of a response body (RFC 9110, section 8.8.3). */
export function computeEtag(body: string): string {
  return `"${createHash("sha256").update(body).digest("base64url").slice(0, 27)}"`;
}

/**
 * Returns true if an `If-None-Match` header contains the entity tag. The entity tags are compared by the weak
 * comparison of RFC 9110, section 13.1.2.
 */
export function matchesEtag(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === "*") return true;
  return (ifNoneMatch.match(/(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g) ?? []).some(
    (tag) => tag.replace(/^W\//, "") === etag,
  );
}

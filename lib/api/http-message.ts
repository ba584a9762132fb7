import { createHash } from "node:crypto";

/** An HTTP request to the API of the service. The type does not depend on API Gateway or Lambda. */
export interface ApiRequest {
  readonly method: string;
  /**
   * The path of the URL, decoded by API Gateway. If the API has a custom domain, the path may begin with the base path
   * of this domain.
   */
  readonly path: string;
  readonly query: URLSearchParams;
  /** The request headers, with names in lower case. */
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
 * Removes control characters and line breaks from the values of headers. All response headers pass through this
 * function, so that text from a request cannot add a header to a response.
 */
export function removeUnsafeHeaderCharacters(
  headers: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, value.replace(/[^\x20-\x7e\x80-\xff]/g, "")]),
  );
}

/**
 * The headers that control the caching of an API response. A response depends on the caller and the time, so a cache
 * must always ask the API again.
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
 * Returns the size of a response in bytes, as Lambda counts it. Lambda converts the response to a JSON object that
 * contains the body as a string.
 */
export function countBytesAsSentByLambda(response: ApiResponse): number {
  return Buffer.byteLength(JSON.stringify(response));
}

/**
 * Adds an ETag to a response, unless the response already has one. If the caller already has the current response body,
 * returns a response with status 304 (RFC 9110, section 13.1.2).
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

/** Adds an ETag to a response, unless the response already has one. */
export function withEtag(response: ApiResponse): ApiResponse & { readonly headers: TaggedHeaders } {
  const { etag = computeEtag(response.body ?? "") } = { ...response.headers };
  return { ...response, headers: { ...response.headers, etag } };
}

/** Computes the strong ETag of a response body (RFC 9110, section 8.8.3). */
export function computeEtag(body: string): string {
  return `"${createHash("sha256").update(body).digest("base64url").slice(0, 27)}"`;
}

/**
 * Returns true if an `If-None-Match` header contains the ETag. The function ignores the prefix `W/` of an ETag (weak
 * comparison, RFC 9110, section 13.1.2).
 */
export function matchesEtag(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === "*") return true;
  return (ifNoneMatch.match(/(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g) ?? []).some(
    (tag) => tag.replace(/^W\//, "") === etag,
  );
}

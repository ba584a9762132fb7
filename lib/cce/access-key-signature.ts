import { createHmac, hash } from "node:crypto";
import type { Auth } from "../config/projects.ts";
import type { Instant } from "../domain/job.ts";

const ALGORITHM = "SDK-HMAC-SHA256";
/** Matches a text of unreserved URL characters (RFC 3986, section 2.3). */
const UNRESERVED = /^[A-Za-z0-9._~-]*$/;

/** Headers as pairs of a lower-case name and a value. The pairs are sorted by name. */
type SortedHeaders = readonly (readonly [string, string])[];

/** The parts of an HTTP request that are input for the signature. `path` and `query` must not be percent-encoded. */
interface SignableRequest {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[]>>;
  /**
   * The headers that the signature covers. The signature needs the header `X-Sdk-Date` with a value from
   * `formatSdkDate`.
   */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/**
 * The parts of a GET request to CCE that are input for the signature. `path` and `query` must not be percent-encoded.
 */
interface SignedQuery extends Required<Pick<SignableRequest, "path" | "query">> {
  readonly host: string;
  readonly projectId: string;
}

interface SigningKey {
  readonly accessKey: string;
  readonly secretKey: string;
}

/**
 * Returns the headers of a GET request to CCE with an access key. The signature protects all returned headers. The
 * header `authorization` contains the signature.
 */
export function createSignedGetHeaders(
  { host, path, query, projectId }: SignedQuery,
  { accessKey, secretKey, securityToken }: Extract<Auth, { kind: "aksk" }>,
  now: Instant,
): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {
    host,
    "x-sdk-date": formatSdkDate(now),
    "x-project-id": projectId,
  };
  if (securityToken !== undefined) headers["x-security-token"] = securityToken.reveal();
  const key = { accessKey: accessKey.reveal(), secretKey: secretKey.reveal() };
  return {
    ...headers,
    authorization: createAuthorizationHeader({ method: "GET", path, query, headers }, key),
  };
}

/**
 * Returns the value of the `Authorization` header for a request to an API gateway of Huawei Cloud.
 * Source: https://support.huaweicloud.com/intl/en-us/devg-apisign/api-sign-algorithm.html
 */
export function createAuthorizationHeader(request: SignableRequest, key: SigningKey): string {
  const headers = sortedHeaders(request);
  const date = headers.find(([name]) => name === "x-sdk-date")?.[1] ?? "";
  const stringToSign = `${ALGORITHM}\n${date}\n${sha256(canonicalText(request, headers))}`;
  const signature = createHmac("sha256", key.secretKey).update(stringToSign).digest("hex");
  return `${ALGORITHM} Access=${key.accessKey}, SignedHeaders=${namesOf(headers)}, Signature=${signature}`;
}

/**
 * Returns the canonical request: a text with all signed parts of an HTTP request. The signature protects a hash of the
 * canonical request.
 */
export function createCanonicalRequest(request: SignableRequest): string {
  return canonicalText(request, sortedHeaders(request));
}

function canonicalText({ method, path, query, body }: SignableRequest, headers: SortedHeaders): string {
  return [
    method,
    canonicalPath(path),
    canonicalQuery(query ?? {}),
    headers.map(([name, value]) => `${name}:${value}\n`).join(""),
    namesOf(headers),
    body === undefined ? EMPTY_SHA256 : sha256(body),
  ].join("\n");
}

/** Formats a time for the header `X-Sdk-Date`, for example `20060102T150405Z` (UTC). */
export function formatSdkDate(now: Instant): string {
  return `${new Date(now).toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`;
}

/**
 * Percent-encodes a text as the API gateway of Huawei Cloud does: all characters except the unreserved characters of
 * RFC 3986 (section 2.3).
 */
export function percentEncode(text: string): string {
  if (UNRESERVED.test(text)) return text;
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/**
 * Converts the path of a request for the signature: percent-encodes it and adds a slash at the end. The path in the URL
 * itself must not end with a slash, because the gateway would then choose another route.
 */
function canonicalPath(path: string): string {
  const encoded = path.split("/").map(percentEncode).join("/");
  return encoded.endsWith("/") ? encoded : `${encoded}/`;
}

function canonicalQuery(query: NonNullable<SignableRequest["query"]>): string {
  return Object.keys(query)
    .sort()
    .flatMap((name) =>
      [query[name] ?? []]
        .flat()
        .sort()
        .map((value) => `${percentEncode(name)}=${percentEncode(value)}`),
    )
    .join("&");
}

function sortedHeaders({ headers }: SignableRequest): SortedHeaders {
  return Object.entries(headers)
    .map(([name, value]): [string, string] => [name.toLowerCase(), value.trim()])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

const namesOf = (headers: SortedHeaders): string => headers.map(([name]) => name).join(";");

const sha256 = (data: string | Uint8Array): string => hash("sha256", data, "hex");
const EMPTY_SHA256 = sha256("");

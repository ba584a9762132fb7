import { createHash, createHmac } from "node:crypto";

const ALGORITHM = "SDK-HMAC-SHA256";

/** What is signed: path and query as they are meant, before percent-encoding; headers exactly those to be signed. */
export interface SignableRequest {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[]>>;
  /** Must hold `X-Sdk-Date` in any case, as `sdkDate` writes it. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export interface SigningKey {
  readonly accessKey: string;
  readonly secretKey: string;
}

/**
 * The value of the `Authorization` header for a request to an API gateway of Huawei Cloud.
 * Source: https://support.huaweicloud.com/intl/en-us/devg-apisign/api-sign-algorithm.html
 */
export function signRequest(request: SignableRequest, key: SigningKey): string {
  const date = sortedHeaders(request).find(([name]) => name === "x-sdk-date")?.[1] ?? "";
  const stringToSign = [ALGORITHM, date, sha256(canonicalRequest(request))].join("\n");
  const signature = createHmac("sha256", key.secretKey).update(stringToSign).digest("hex");
  return `${ALGORITHM} Access=${key.accessKey}, SignedHeaders=${signedNames(request)}, Signature=${signature}`;
}

/** The text whose hash is signed: method, path, query, headers, header names, hash of the body. */
export function canonicalRequest(request: SignableRequest): string {
  return [
    request.method,
    canonicalPath(request.path),
    canonicalQuery(request.query ?? {}),
    sortedHeaders(request)
      .map(([name, value]) => `${name}:${value}\n`)
      .join(""),
    signedNames(request),
    sha256(request.body ?? ""),
  ].join("\n");
}

/** `20060102T150405Z` for an instant. */
export function sdkDate(now: number): string {
  return `${new Date(now).toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`;
}

/** Percent-encoding as the gateway does it: all but the unreserved characters of RFC 3986. */
export function percentEncode(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** A slash ends the path for signing only; on the wire it would lead to another route. */
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

function sortedHeaders({ headers }: SignableRequest): [string, string][] {
  return Object.entries(headers)
    .map(([name, value]): [string, string] => [name.toLowerCase(), value.trim()])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

const signedNames = (request: SignableRequest): string =>
  sortedHeaders(request)
    .map(([name]) => name)
    .join(";");

const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");

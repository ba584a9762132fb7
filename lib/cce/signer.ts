import { createHmac, hash } from "node:crypto";

const ALGORITHM = "SDK-HMAC-SHA256";
/** RFC 3986, section 2.3. */
const UNRESERVED = /^[A-Za-z0-9._~-]*$/;

/** Sorted by name in lower case, as they are signed. */
type Headers = readonly (readonly [string, string])[];

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
  const headers = sortedHeaders(request);
  const date = headers.find(([name]) => name === "x-sdk-date")?.[1] ?? "";
  const stringToSign = `${ALGORITHM}\n${date}\n${sha256(canonicalText(request, headers))}`;
  const signature = createHmac("sha256", key.secretKey).update(stringToSign).digest("hex");
  return `${ALGORITHM} Access=${key.accessKey}, SignedHeaders=${namesOf(headers)}, Signature=${signature}`;
}

/** The text whose hash is signed: method, path, query, headers, header names, hash of the body. */
export function canonicalRequest(request: SignableRequest): string {
  return canonicalText(request, sortedHeaders(request));
}

function canonicalText({ method, path, query, body }: SignableRequest, headers: Headers): string {
  return [
    method,
    canonicalPath(path),
    canonicalQuery(query ?? {}),
    headers.map(([name, value]) => `${name}:${value}\n`).join(""),
    namesOf(headers),
    body === undefined ? EMPTY_SHA256 : sha256(body),
  ].join("\n");
}

/** `20060102T150405Z` for an instant. */
export function sdkDate(now: number): string {
  return `${new Date(now).toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`;
}

/** Percent-encoding as the gateway does it: all but the unreserved characters of RFC 3986. */
export function percentEncode(text: string): string {
  if (UNRESERVED.test(text)) return text;
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

function sortedHeaders({ headers }: SignableRequest): Headers {
  return Object.entries(headers)
    .map(([name, value]): [string, string] => [name.toLowerCase(), value.trim()])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

const namesOf = (headers: Headers): string => headers.map(([name]) => name).join(";");

const sha256 = (data: string | Uint8Array): string => hash("sha256", data, "hex");
const EMPTY_SHA256 = sha256("");

import type { AccessErrorKind, Observation } from "../domain/job.ts";
import {
  isJsonObject,
  type JsonObject,
  parseJsonOrUndefined,
  toJsonUnlessTooDeep,
  toObjectOrEmpty,
} from "../domain/json.ts";
import { BODY_UNDECODABLE } from "../http/decompress-and-decode-text.ts";
import { DEADLINE_PASSED, REQUEST_INVALID } from "../http/send-http-request.ts";
import { isCertificateError, isCertificateTimeError } from "../http/tls-options.ts";
import { MAX_BODY_BYTES, MAX_VALUES } from "./send-cce-request.ts";

/**
 * The result of a query if the response of CCE is too large. The service cannot use the beginning of a large response,
 * because the status of a job comes after its subjobs.
 */
export const TOO_LARGE: Refusal = {
  kind: "unavailable",
  text: `CCE's reply is larger than any job: over ${MAX_BODY_BYTES / 1024 ** 2} MiB or ${MAX_VALUES} values`,
};

export const NOT_A_LIST: Refusal = {
  kind: "unavailable",
  text: "CCE returned one job in place of the list of jobs",
};

/**
 * Names of fields in which CCE, the API gateway or IAM sends an error code. One response may contain several error
 * codes.
 */
const CODE_NAMES = ["errorCode", "error_code", "code"];
const MESSAGE_NAMES = ["errorMessage", "error_message", "errorMsg", "error_msg"];

/**
 * The error codes and the most useful message in an error response of CCE. Some error responses of CCE contain neither
 * a code nor a message.
 */
export interface CceError {
  readonly codes: readonly string[];
  readonly message: string | null;
}

/** The possible kinds of an error response from CCE or IAM. */
export type ErrorKind = AccessErrorKind | "throttled" | "unavailable";

/**
 * Matches error codes for too many queries. For too many queries, some servers send HTTP status 400 or 403 and not 429.
 */
const THROTTLED_CODE = /^(APIGW\.0308|CCE\.\d\d429\d+)$/i;

/** With HTTP status 404, an error code such as `CCE.01404001` means that CCE does not know the job. */
export const UNKNOWN_JOB_CODE = /^CCE\..*404|^CCE_CM\.0003$/i;

/** HTTP statuses that mean a temporary error (RFC 9110, 4918, 8470). */
const TEMPORARY_STATUSES: ReadonlySet<number> = new Set([408, 409, 423, 425]);

/** Returns the kind of an error response. The kind depends on the HTTP status and the error codes. */
export function classifyErrorReply(status: number, codes: readonly string[]): ErrorKind {
  const isRefusal = status >= 400 && status < 500;
  if (status === 429 || (isRefusal && codes.some((code) => THROTTLED_CODE.test(code)))) return "throttled";
  if (status === 401) return "unauthorized";
  if (status === 403) return "forbidden";
  return status >= 300 && status < 500 && !TEMPORARY_STATUSES.has(status) ? "misconfigured" : "unavailable";
}

/**
 * Finds the error codes and the message in the body of an error response. If the function does not recognize the body,
 * the result contains no code and no message.
 */
export function parseCceErrorOrEmpty(body: string): CceError {
  return toCceErrorOrEmpty(parseJsonOrUndefined(body));
}

/**
 * Finds the error codes and the message in an error response. The codes and the message may be at the top level, in
 * `error` or in `errors[0]`. The response may also be an array that contains one error.
 */
export function toCceErrorOrEmpty(parsedBody: unknown): CceError {
  const top = withLowerCaseNames(Array.isArray(parsedBody) ? parsedBody[0] : parsedBody);
  const [first] = Array.isArray(top.errors) ? top.errors : [];
  const levels = [top, ...[top.error, first].filter(isJsonObject).map(withLowerCaseNames)];
  const textsOf = (names: readonly string[]) =>
    levels.flatMap((fields) => names.map((name) => textOf(fields, name)));
  // Of all fields, `message` usually contains the most useful text.
  const messages = [...textsOf(["message"]), ...textsOf(MESSAGE_NAMES), ...textsOf(["title"])];
  return {
    codes: [...new Set(textsOf(CODE_NAMES))].filter((code) => code !== ""),
    message: messages.map(toOneLine).find((text) => text !== "") ?? null,
  };
}

function textOf(fields: JsonObject, name: string): string {
  const key = name.toLowerCase();
  return extractMessageOrJson(Object.hasOwn(fields, key) ? fields[key] : null) ?? "";
}

const withLowerCaseNames = (value: unknown): JsonObject =>
  Object.fromEntries(
    Object.entries(toObjectOrEmpty(value)).map(([name, inner]) => [name.toLowerCase(), inner]),
  );

/** The fields that may contain the text if CCE sends an object instead of a text. Letter case does not matter. */
const TEXT_NAMES = [
  ...["message", ...MESSAGE_NAMES, "msg"],
  ...["error", "errors", "reason", "description", "detail", "details", "title", "text"],
];
/** The maximum number of nested objects and arrays in which the code searches for a text. */
const MAX_TEXT_LEVELS = 8;

/**
 * Converts any value to text. CCE sometimes sends an object where a text is expected. If the value is an object, the
 * result is the message in the object together with the error code. For an object without a message, the result is
 * JSON. For null, a blank string and an empty array, the result is null.
 */
export function extractMessageOrJson(value: unknown, maxLevels: number = MAX_TEXT_LEVELS): string | null {
  if (typeof value === "string") return value.trim() === "" ? null : value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value !== "object" || value === null || maxLevels === 0) return null;
  if (Array.isArray(value)) {
    const texts = value
      .map((item) => extractMessageOrJson(item, maxLevels - 1))
      .filter((text) => text !== null);
    return texts.length === 0 ? null : texts.join("\n");
  }
  const fields = toObjectOrEmpty(value);
  const message = findMessageWithCode(fields, maxLevels);
  return message !== null || Object.keys(fields).length === 0 ? message : toJsonUnlessTooDeep(value);
}

/**
 * Returns the message and the error code in an object as one text. The message may be in an inner object, as in
 * `{"badRequest":{"message":"…"}}`. If there is no message, the result is null.
 */
export function findMessageWithCode(fields: JsonObject, maxLevels: number = MAX_TEXT_LEVELS): string | null {
  const [only, ...others] = Object.values(fields);
  const inLowerCase = withLowerCaseNames(fields);
  const textIn = (names: readonly string[]) =>
    names
      .map((name) => extractMessageOrJson(inLowerCase[name.toLowerCase()], maxLevels - 1))
      .find((text) => text !== null) ?? null;
  const [message, code] = [textIn(TEXT_NAMES), textIn(CODE_NAMES)];
  if (message === null)
    return others.length === 0 && isJsonObject(only) && maxLevels > 1
      ? findMessageWithCode(only, maxLevels - 1)
      : null;
  return code === null || message.includes(code) ? message : `${message} (${code})`;
}

/**
 * Describes an error response for an operator, for example `HTTP 404, CCE.01404001, Job not found`. The caller must
 * mask the text, because it may contain credentials.
 */
export function describeErrorReplyUnmasked(status: number, { codes, message }: CceError): string {
  const details = [...codes.filter((code) => code !== String(status)), message];
  return [`HTTP ${status}`, ...details.filter((text) => text !== null)].join(", ");
}

/** Returns a text as one line without control characters. */
const toOneLine = (text: string): string =>
  text
    .replace(/[\r\n\t]+/g, " ")
    .replace(/\p{C}/gu, "")
    .trim();

/** The result of a request that did not return the job, for example because CCE refused the request. */
export type Refusal = Exclude<Observation, { readonly kind: "job" }>;

export function refusalForUnknownProject(project: string): Refusal {
  return {
    kind: "misconfigured",
    text: `Project ${project} is not in the config: add it, or stop the watch`,
  };
}

export function refusalForMissingEndpoint(project: string): Refusal {
  return {
    kind: "misconfigured",
    text: `Project ${project} has no endpoint: set region, or endpoint (and iamEndpoint for sign-in with a password)`,
  };
}

/**
 * @param key the name of the setting whose URL uses http
 */
export function refusalForPlainHttp(project: string, key: "endpoint" | "iamEndpoint"): Refusal {
  return {
    kind: "misconfigured",
    text: `Project ${project} has a URL in ${key} that does not use https: use https, or list the host in settings.egress.allow`,
  };
}

/**
 * Returns the observation after a request to CCE or IAM failed with a network error.
 * @param code the code of the network error, such as `ECONNREFUSED`
 * @param service the name of the service that the request was for
 */
export function refusalAfterNetworkError(
  project: string,
  code: string,
  service: "CCE" | "IAM" = "CCE",
): Refusal {
  if (code === REQUEST_INVALID)
    return {
      kind: "misconfigured",
      text: `The credentials of project ${project} contain a character that HTTP headers do not allow: set them again`,
    };
  if (code === DEADLINE_PASSED) return { kind: "unavailable", text: `${service} did not answer in time` };
  const [what, advice] = describeNetworkError(code);
  const key = service === "CCE" ? "endpoint" : "iamEndpoint";
  const check = advice === null ? "" : `: ${advice} ${key} of project ${project}`;
  return { kind: "unavailable", text: `${service} ${what} (${code})${check}` };
}

/** Describes a network error in words. `advice` is the beginning of a sentence of advice to the operator, or null. */
function describeNetworkError(code: string): readonly [what: string, advice: string | null] {
  if (isCertificateTimeError(code)) return ["cannot be reached", "its certificate is out of date, so check"];
  if (isCertificateError(code))
    return ["cannot be reached", "its certificate is not trusted, so check ca and"];
  if (code === BODY_UNDECODABLE)
    return ["answered with a body that cannot be decompressed", "check each proxy in front of"];
  if (code.startsWith("HPE_")) return ["answered, but not in valid HTTP", "check"];
  if (/^(EPROTO|ERR_SSL_)/.test(code)) return ["refused the TLS handshake", "check"];
  if (code.startsWith("PROXY_")) return ["cannot be reached through the proxy in HTTPS_PROXY", null];
  return ["cannot be reached", null];
}

/** Returns the observation for a query that was not sent, because an earlier query of the project timed out. */
export function refusalWhileNotAnswering(project: string, waitMs: number): Refusal {
  return {
    kind: "unavailable",
    text: `Queries for project ${project} wait, because CCE did not answer in time`,
    retryAfterSeconds: Math.ceil(waitMs / 1000),
  };
}

/** Returns the observation for a query that was not sent, because CCE or IAM has requested a wait. */
export function refusalWhileThrottled(
  project: string,
  kind: "throttled" | "unavailable",
  waitSeconds: number,
): Refusal {
  const text =
    kind === "throttled"
      ? `Queries for project ${project} wait, because CCE limits their rate`
      : `Queries for project ${project} wait, because CCE or IAM is not available and asked for a wait`;
  return { kind, text, retryAfterSeconds: waitSeconds };
}

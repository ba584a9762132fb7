import type { AccessErrorKind } from "../domain/job.ts";
import { isObject, type JsonObject, parseJson, toObjectOrEmpty } from "../domain/json.ts";

/**
 * The field names of an error code in replies of CCE, the API gateway and IAM. One reply may contain several error
 * codes with different names.
 */
const CODE_NAMES = ["errorCode", "error_code", "code"];
const MESSAGE_NAMES = ["errorMessage", "error_message", "errorMsg", "error_msg"];

/**
 * The error codes and the most useful message in an error reply of CCE, the API gateway or IAM. An error reply may have
 * no code and no message.
 */
export interface CceError {
  readonly codes: readonly string[];
  readonly message: string | null;
}

/** The kinds of observation for a reply whose HTTP status is not 200. */
export type ErrorKind = AccessErrorKind | "throttled" | "unavailable";

/** The HTTP statuses of temporary errors (RFC 9110, 4918, 8470). An operator need not do anything about them. */
const TEMPORARY_STATUSES: ReadonlySet<number> = new Set([408, 409, 423, 425]);

/** Returns the kind of error for the HTTP status of an error reply. */
export function errorKindOfStatus(status: number): ErrorKind {
  if (status === 401) return "unauthorized";
  if (status === 403) return "forbidden";
  if (status === 429) return "throttled";
  return status >= 300 && status < 500 && !TEMPORARY_STATUSES.has(status) ? "misconfigured" : "unavailable";
}

/** Parses the body of an error reply. If the form of the body is unknown, the result has no code and no message. */
export function parseCceError(body: string): CceError {
  return toCceError(parseJson(body));
}

/**
 * Finds the error codes and the message in the parsed body of an error reply, at the top level and in the field
 * `error`.
 */
export function toCceError(json: unknown): CceError {
  const top = toObjectOrEmpty(json);
  const levels = isObject(top.error) ? [top, top.error] : [top];
  const textsOf = (names: readonly string[]) =>
    levels.flatMap((fields) => names.map((name) => textOf(fields, name)));
  // The field `message` has the most useful text, so it comes first in the list.
  const messages = [...textsOf(["message"]), ...textsOf(MESSAGE_NAMES), ...textsOf(["title"])];
  return {
    codes: [...new Set(textsOf(CODE_NAMES))].filter((code) => code !== ""),
    message: messages.map(toOneLine).find((text) => text !== "") ?? null,
  };
}

function textOf(fields: JsonObject, name: string): string {
  return textOfValue(Object.hasOwn(fields, name) ? fields[name] : null) ?? "";
}

/** The field names of a text in an object that stands where a text is expected. */
const TEXT_NAMES = ["message", ...MESSAGE_NAMES, "reason", "description", "detail", "text"];
/** The maximum number of levels of objects and arrays in which `textOfValue` searches for a text. */
const MAX_TEXT_LEVELS = 8;

/**
 * Returns a value of any type as text, because CCE sometimes sends an object where a text is documented. The text of an
 * object is its message with its error code, or else the object as JSON. Returns null for a value without text: null, an
 * empty or blank string, an empty array or an empty object.
 */
export function textOfValue(value: unknown, levels: number = MAX_TEXT_LEVELS): string | null {
  if (typeof value === "string") return value.trim() === "" ? null : value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value !== "object" || value === null || levels === 0) return null;
  if (Array.isArray(value)) {
    const texts = value.map((item) => textOfValue(item, levels - 1)).filter((text) => text !== null);
    return texts.length === 0 ? null : texts.join("\n");
  }
  const fields = toObjectOrEmpty(value);
  const textIn = (names: readonly string[]) =>
    names.map((name) => textOfValue(fields[name], levels - 1)).find((text) => text !== null) ?? null;
  const [message, code] = [textIn(TEXT_NAMES), textIn(CODE_NAMES)];
  if (message === null) return Object.keys(fields).length === 0 ? null : toJson(value);
  return code === null || message.includes(code) ? message : `${message} (${code})`;
}

/** Returns a value as JSON. Returns null if the value has too many levels for the conversion to JSON. */
function toJson(value: object): string | null {
  try {
    return JSON.stringify(value);
  } catch {
    return null;
  }
}

/**
 * Describes an error reply for an operator, for example `HTTP 404, CCE.01404001, Job not found`. The returned text may
 * contain credentials, so the caller must mask it.
 */
export function describeErrorReply(status: number, { codes, message }: CceError): string {
  const details = [...codes.filter((code) => code !== String(status)), message];
  return [`HTTP ${status}`, ...details.filter((text) => text !== null)].join(", ");
}

/**
 * Returns a text as one line without control characters. A control character inside a secret would prevent the mask
 * from recognizing the secret.
 */
const toOneLine = (text: string): string =>
  text
    .replace(/[\r\n\t]+/g, " ")
    .replace(/\p{C}/gu, "")
    .trim();

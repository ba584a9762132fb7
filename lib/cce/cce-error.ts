import type { AccessErrorKind } from "../domain/job.ts";
import { isObject, type JsonObject, parseJson, toObjectOrEmpty } from "../domain/json.ts";

/** CCE, its gateway and IAM use different field names. One body may use several of them at once. */
const CODE_NAMES = ["errorCode", "error_code", "code"];
const MESSAGE_NAMES = ["errorMessage", "error_message", "errorMsg", "error_msg"];

/** The error codes of a reply and its most useful message. Both may be missing. */
export interface CceError {
  readonly codes: readonly string[];
  readonly message: string | null;
}

/** The kinds of observation that a status other than success can mean. */
export type ErrorKind = AccessErrorKind | "throttled" | "unavailable";

/** These statuses are temporary (RFC 9110, 4918, 8470). An operator does not have to do anything. */
const TEMPORARY_STATUSES: ReadonlySet<number> = new Set([408, 409, 423, 425]);

/** Returns what the status of a reply without a result means. */
export function errorKindOfStatus(status: number): ErrorKind {
  if (status === 401) return "unauthorized";
  if (status === 403) return "forbidden";
  if (status === 429) return "throttled";
  return status >= 300 && status < 500 && !TEMPORARY_STATUSES.has(status) ? "misconfigured" : "unavailable";
}

/** Reads the body of a reply that is not a job. A body of unknown form has no codes and no message. */
export function parseCceError(body: string): CceError {
  return toCceError(parseJson(body));
}

/** Reads the same from a parsed body. The fields may be at the top level, in `error` or in both. */
export function toCceError(json: unknown): CceError {
  const top = toObjectOrEmpty(json);
  const levels = isObject(top.error) ? [top, top.error] : [top];
  const textsOf = (names: readonly string[]) =>
    levels.flatMap((fields) => names.map((name) => textOf(fields, name)));
  // `message` is the most useful text.
  const messages = [...textsOf(["message"]), ...textsOf(MESSAGE_NAMES), ...textsOf(["title"])];
  return {
    codes: [...new Set(textsOf(CODE_NAMES))].filter((code) => code !== ""),
    message: messages.map(toOneLine).find((text) => text !== "") ?? null,
  };
}

/** Returns a string or a number as text. Any other value is an empty text. */
function textOf(fields: JsonObject, name: string): string {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
  return typeof value === "string" ? value : Number.isFinite(value) ? String(value) : "";
}

/** Describes a reply for an operator: `HTTP 404, CCE.01404001, Job not found`. The text is not masked. */
export function describeErrorReply(status: number, { codes, message }: CceError): string {
  const details = [...codes.filter((code) => code !== String(status)), message];
  return [`HTTP ${status}`, ...details.filter((text) => text !== null)].join(", ");
}

/** Control characters are removed before the text is masked. They could split a secret, which the mask then misses. */
const toOneLine = (text: string): string =>
  text
    .replace(/[\r\n\t]+/g, " ")
    .replace(/\p{C}/gu, "")
    .trim();

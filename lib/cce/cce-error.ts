import "../domain/zod-fields.ts";
import * as z from "zod/mini";
import { parseJson } from "../domain/json.ts";

/** Accepts a string or a number. Any other value becomes null. */
const StringOrNumber = z.transform((value: unknown) =>
  typeof value === "string" ? value : Number.isFinite(value) ? String(value) : null,
);

/** CCE, its gateway and IAM use different field names. One body may use several of them at once. */
const errorFields = {
  errorCode: StringOrNumber,
  error_code: StringOrNumber,
  code: StringOrNumber,
  message: StringOrNumber,
  errorMessage: StringOrNumber,
  error_message: StringOrNumber,
  errorMsg: StringOrNumber,
  error_msg: StringOrNumber,
  title: StringOrNumber,
};
const ErrorBody = z.object({
  ...errorFields,
  error: z.union([z.object(errorFields), z.transform(() => null)]),
});

/** The error codes of a reply and its most useful message. Both may be missing. */
export interface CceError {
  readonly codes: readonly string[];
  readonly message: string | null;
}

/** Reads the body of a reply that is not a job. A body of unknown form has no codes and no message. */
export function readCceError(body: string): CceError {
  return cceErrorOf(parseJson(body));
}

/** Reads the same from a parsed body. */
export function cceErrorOf(json: unknown): CceError {
  const parsed = ErrorBody.safeParse(json);
  if (!parsed.success) return { codes: [], message: null };
  const { error, ...top } = parsed.data;
  const levels = error === null ? [top] : [top, error];
  const codes = levels.flatMap((level) => [level.errorCode, level.error_code, level.code]);
  const messages = [
    ...levels.map((level) => level.message),
    ...levels.flatMap((level) => [level.errorMessage, level.error_message, level.errorMsg, level.error_msg]),
    ...levels.map((level) => level.title),
  ];
  return {
    codes: [...new Set(codes.filter((code) => code != null))],
    message: messages.map((text) => toOneLine(text ?? "")).find((text) => text !== "") ?? null,
  };
}

/** Describes a reply for an operator: `HTTP 404, CCE.01404001, Job not found`. The text is not masked. */
export function describeReply(status: number, { codes, message }: CceError): string {
  const details = [...codes.filter((code) => code !== String(status)), message];
  return [`HTTP ${status}`, ...details.filter((text) => text !== null)].join(", ");
}

/** Control characters are removed before the text is masked. They could split a secret, which the mask then misses. */
const toOneLine = (text: string): string =>
  text
    .replace(/[\r\n\t]+/g, " ")
    .replace(/\p{C}/gu, "")
    .trim();

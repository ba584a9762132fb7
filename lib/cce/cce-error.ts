import "../domain/zod-messages.ts";
import * as z from "zod/mini";

/** A text or a number as text; null for whatever else stands there. */
const Word = z.transform((value: unknown) =>
  typeof value === "string" ? value : Number.isFinite(value) ? String(value) : null,
);

/** Where CCE, its gateway and IAM put code and words of an error; one body may use several spellings at once. */
const spellings = {
  errorCode: Word,
  error_code: Word,
  code: Word,
  message: Word,
  errorMessage: Word,
  error_message: Word,
  errorMsg: Word,
  error_msg: Word,
  title: Word,
};
const Body = z.object({
  ...spellings,
  error: z.union([z.object(spellings), z.transform(() => null)]),
});

const LONGEST_WORDS = 400;

/** What an error reply says about itself. `codes` may be empty, `words` is the most useful text or null. */
export interface Fault {
  readonly codes: readonly string[];
  readonly words: string | null;
}

/** Reads the body of any reply that is no job. What is not understood yields no codes and no words. */
export function readFault(body: string): Fault {
  return faultIn(parseJson(body));
}

/** The same of a body that is parsed already. */
export function faultIn(json: unknown): Fault {
  const parsed = Body.safeParse(json);
  if (!parsed.success) return { codes: [], words: null };
  const { error, ...top } = parsed.data;
  const places = error === null ? [top] : [top, error];
  const codes = places.flatMap((place) => [place.errorCode, place.error_code, place.code]);
  const words = [
    ...places.map((place) => place.message),
    ...places.flatMap((place) => [place.errorMessage, place.error_message, place.errorMsg, place.error_msg]),
    ...places.map((place) => place.title),
  ];
  return {
    codes: [...new Set(codes.filter((code) => code != null))],
    words: words.map((text) => oneLine(text ?? "")).find((text) => text !== "") ?? null,
  };
}

/** Control characters go first, so that a secret they split is whole again before it is masked. */
const oneLine = (text: string): string =>
  text
    .replace(/[\r\n\t]+/g, " ")
    .replace(/\p{C}/gu, "")
    .trim();

/** Words cut to what a notification has room for; done last, because a cut secret could no longer be masked. */
export const shortened = (text: string): string =>
  text.length <= LONGEST_WORDS ? text : `${text.slice(0, LONGEST_WORDS - 1)}…`;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

import { faultIn } from "./cce-error.ts";

const LONGEST_CODE = 64;
const LONGEST_WORDS = 200;

/**
 * Code and words of a reply by which CCE, its gateway or IAM refused a call: `CCE.01400001, Invalid request`. They
 * are cut and in one line, without control characters. Null for a reply that holds no code: it refuses nothing.
 */
export function refusalOfReply(reply: unknown): string | null {
  const { codes, words } = faultIn(reply);
  const [code] = codes.map(plain).filter((text) => text !== "");
  if (code === undefined) return null;
  return [cut(code, LONGEST_CODE), ...(words === null ? [] : [cut(words, LONGEST_WORDS)])].join(", ");
}

const plain = (text: string): string => text.replace(/\p{C}/gu, "").trim();

const cut = (text: string, longest: number): string =>
  text.length <= longest ? text : `${text.slice(0, longest - 1).toWellFormed()}…`;

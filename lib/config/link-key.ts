import "../domain/zod-fields.ts";
import * as z from "zod/mini";
import { toSecret } from "../domain/secret.ts";

const MIN_CHARACTERS = 32;
const MIN_DISTINCT_CHARACTERS = 8;
/** The minimum number of lower-case letters, and of upper-case letters, in a key without a digit. */
const MIN_LETTERS_OF_CASE = 10;
/**
 * The minimum fraction of the groups of three neighbouring characters that must be different. A text that repeats a
 * part has few different groups.
 */
const MIN_DISTINCT_GROUPS = 0.7;
/**
 * The maximum fraction of the pairs of neighbours that may follow each other in the alphabet or be equal, as in
 * `abcdef` or `111111`.
 */
const MAX_SEQUENCE = 0.5;
const COMMON_PARTS =
  /secret|password|passphrase|change|example|default|notifier|production|callback|linkkey|qwerty|letmein|123456/i;

/**
 * A key for links to pages and for callback URLs. A person who has one link can search for the key with a computer.
 * Therefore the schema refuses a short key, and a key that a person has probably invented.
 */
export const LinkKey = z.pipe(
  z.string().check(
    z.minLength(MIN_CHARACTERS, {
      error: `must have at least ${MIN_CHARACTERS} characters; openssl rand -hex 32 makes a good key`,
      abort: true,
    }),
    z.refine((key) => !isGuessable(key), "is easy to guess; openssl rand -hex 32 makes a good key"),
  ),
  toSecret,
);

/**
 * Returns true if a random generator may have produced the mixture of digits, lower-case letters and upper-case letters
 * in the key. A random base64 text may contain no digit, but such a text contains many letters of both cases.
 */
function hasRandomClasses(key: string): boolean {
  const count = (pattern: RegExp) => key.match(pattern)?.length ?? 0;
  const lower = count(/[a-z]/g);
  const upper = count(/[A-Z]/g);
  if (count(/[0-9]/g) > 0) return lower + upper > 0;
  return lower >= MIN_LETTERS_OF_CASE && upper >= MIN_LETTERS_OF_CASE;
}

function isGuessable(key: string): boolean {
  const groups = Array.from({ length: key.length - 2 }, (_, i) => key.slice(i, i + 3));
  const steps = Array.from({ length: key.length - 1 }, (_, i) => key.charCodeAt(i + 1) - key.charCodeAt(i));
  return (
    !hasRandomClasses(key) ||
    new Set(key).size < MIN_DISTINCT_CHARACTERS ||
    new Set(groups).size < groups.length * MIN_DISTINCT_GROUPS ||
    steps.filter((step) => Math.abs(step) <= 1).length > steps.length * MAX_SEQUENCE ||
    COMMON_PARTS.test(key)
  );
}

import hintRows from "./hint-patterns.json" with { type: "json" };
import { type TextKey, textInDefaultLanguage } from "./text-in-default-language.ts";
import type { Texts } from "./texts.ts";

/**
 * The rows of `hint-patterns.json`. Each row has patterns for failure reasons and a hint. A hint is one line of advice
 * for the operator, with a link to the vendor's page. The field `source` of a row says where the failure reason
 * occurred. The first matching row applies, so special patterns must come before general patterns.
 */
const HINTS = hintRows.map(({ id, patterns, link }) => {
  const key = `hint.${id}` as TextKey;
  return {
    pattern: new RegExp(patterns.join("|"), "i"),
    key,
    link,
    text: `${textInDefaultLanguage(key)} ${link}`,
  };
});

/**
 * Translates a hint from `findHint` into another language. If the hint is unknown, the function returns the hint
 * unchanged.
 */
export function translateHint(hint: string, texts: Texts): string {
  const found = HINTS.find(({ text }) => text === hint);
  return found === undefined ? hint : `${texts[found.key]} ${found.link}`;
}

/** `findHint` searches only the first characters of a failure reason. */
const SEARCHED_CHARACTERS = 8_000;

/**
 * Returns a hint for a failure reason: one line of advice to the operator, with a link to the vendor's page at the end.
 * For an unknown failure reason, the result is null, because a wrong hint is worse than no hint.
 */
export function findHint(reason: string | null): string | null {
  if (reason === null) return null;
  const searched = reason.slice(0, SEARCHED_CHARACTERS);
  return HINTS.find(({ pattern }) => pattern.test(searched))?.text ?? null;
}

/** Creates a version of `findHint` with a cache, because many failed subjobs have the same failure reason. */
export function createCachedHintFinder(): (reason: string | null) => string | null {
  const answers = new Map<string | null, string | null>();
  return (reason) => {
    const known = answers.get(reason);
    if (known !== undefined) return known;
    const hint = findHint(reason);
    answers.set(reason, hint);
    return hint;
  };
}

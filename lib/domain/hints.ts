import hintRows from "./hint-patterns.json" with { type: "json" };
import { type TextKey, textInDefaultLanguage } from "./text-in-default-language.ts";
import type { Texts } from "./texts.ts";

/**
 * The known failure reasons, each with advice and a link to the vendor's page. If the vendor's page does not mention a
 * failure reason, `source` in `hint-patterns.json` says where the failure reason was seen. `findHint` uses the first
 * row of `hint-patterns.json` that matches, so specific patterns must come before general patterns.
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

/** Translates a hint from `findHint` into another language. Returns an unknown hint unchanged. */
export function translateHint(hint: string, texts: Texts): string {
  const found = HINTS.find(({ text }) => text === hint);
  return found === undefined ? hint : `${texts[found.key]} ${found.link}`;
}

/** The number of characters that `findHint` searches. A long failure reason names its cause at the beginning. */
const SEARCHED_CHARACTERS = 8_000;

/**
 * Returns a hint for a failure reason: one line of advice to the operator, with a link to the vendor's page at the end.
 * Returns null for an unknown failure reason, because a wrong hint is worse than no hint.
 */
export function findHint(reason: string | null): string | null {
  if (reason === null) return null;
  const searched = reason.slice(0, SEARCHED_CHARACTERS);
  return HINTS.find(({ pattern }) => pattern.test(searched))?.text ?? null;
}

/**
 * Creates a version of `findHint` that caches its results, because many failed subjobs of one job have the same failure
 * reason.
 */
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

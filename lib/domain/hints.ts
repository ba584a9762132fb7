import hintRows from "./hints.json" with { type: "json" };

/**
 * Reasons that occur in practice, each with its advice and the vendor's page. `source` in the file says where a reason
 * was seen, if the vendor's page does not name it. The first row that matches is used, so narrow patterns come first.
 */
const HINTS = hintRows.map(({ patterns, advice, link }) => ({
  pattern: new RegExp(patterns.join("|"), "i"),
  text: `${advice} ${link}`,
}));

/** The cause stands at the beginning of a reason. The rest is not searched. */
const SEARCHED_CHARACTERS = 8_000;

/**
 * Returns one line of advice that ends in a link to the vendor's page. Returns null for an unknown reason: a wrong
 * hint costs more than no hint.
 */
export function findHint(reason: string | null): string | null {
  if (reason === null) return null;
  const searched = reason.slice(0, SEARCHED_CHARACTERS);
  return HINTS.find(({ pattern }) => pattern.test(searched))?.text ?? null;
}

/** Returns a `findHint` that remembers its answers. The failures of one job often have the same reason. */
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

import { HINT_ROWS } from "./hint-rows.ts";

/** Reasons say what is wrong early; more is not searched. */
const SEARCHED_CHARACTERS = 8_000;

/**
 * One line of advice for a reason that is known, ending in a link to the vendor's page; null for all others,
 * since a wrong hint costs more than none.
 */
export function hintFor(reason: string | null): string | null {
  if (reason === null) return null;
  const searched = reason.slice(0, SEARCHED_CHARACTERS);
  const row = HINT_ROWS.find(({ pattern }) => pattern.test(searched));
  return row === undefined ? null : `${row.advice} ${row.link}`;
}

/** The same, remembering its answers: the failures of one job often share their reason. */
export function rememberingHints(): (reason: string | null) => string | null {
  const known = new Map<string, string | null>();
  return (reason) => {
    if (reason === null) return null;
    const hint = known.get(reason);
    if (hint !== undefined) return hint;
    const found = hintFor(reason);
    known.set(reason, found);
    return found;
  };
}

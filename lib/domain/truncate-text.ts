import { type Measure, units } from "./measure.ts";

const ELLIPSIS = "…";

/** What belongs to the character before it: combining marks, variation selectors, skin tones, joiners. */
const CONTINUES = /^[\p{M}\p{Emoji_Modifier}\u200d]/u;
const JOINER = "\u200d";
/** A character may be put together of many; longer chains are somebody's play. */
const LONGEST_CHAIN = 16;

/**
 * The text if it fits into `max`, else its beginning with `…` behind it. Splits neither a surrogate pair nor what
 * is put together of several code points; a half of a pair that was there before becomes U+FFFD.
 */
export function cut(text: string, max: number, measure: Measure = units): string {
  // No character measures less than 1, so that what lies beyond can only decide whether there is more.
  const seen = text.slice(0, max + LONGEST_CHAIN).toWellFormed();
  if (seen.length <= max && measure(seen) <= max) return seen;
  const room = max - measure(ELLIPSIS);
  const starts: number[] = [];
  let used = 0;
  let end = 0;
  for (const character of seen) {
    if (used <= room) starts.push(end);
    used += measure(character);
    if (used > max) break;
    end += character.length;
  }
  return room < 0 ? "" : seen.slice(0, boundary(seen, starts)) + ELLIPSIS;
}

/** The last of the places where a character starts that is not the middle of one put together. */
function boundary(text: string, starts: readonly number[]): number {
  const last = starts.at(-1) ?? 0;
  for (const at of starts.slice(-LONGEST_CHAIN).reverse()) {
    if (!CONTINUES.test(text.slice(at, at + 2)) && text[at - 1] !== JOINER) return at;
  }
  return last;
}

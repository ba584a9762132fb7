/**
 * Returns how much of a limit a text uses. A measure must add up: a text uses the sum of what its code points use.
 * Every UTF-16 code unit uses at least 1.
 */
export type Measure = (text: string) => number;

/** The length in JavaScript. Chats count these units unless they say bytes. */
export const countUtf16Units: Measure = (text) => text.length;

export const countUtf8Bytes: Measure = (text) => Buffer.byteLength(text);

const ELLIPSIS = "…";
const BETWEEN_ASCII = /^[\x20-\x7e]{2}$/;

/**
 * Returns the text if it fits into `max`, else its beginning and "…". Splits no grapheme cluster: a flag, a family
 * emoji or a letter with its accents stays whole. Half of a surrogate pair becomes U+FFFD.
 * The cost depends on `max` and not on the length of the text.
 */
export function truncate(text: string, max: number, measure: Measure = countUtf16Units): string {
  // No code point is longer than two units. What follows cannot change where the text is truncated.
  const beginning = text.slice(0, max + 2).toWellFormed();
  if (text.length <= max && measure(beginning) <= max) return beginning;
  const available = max - measure(ELLIPSIS);
  if (available < 0) return "";
  return beginning.slice(0, graphemeStart(beginning, prefixLength(beginning, available, measure))) + ELLIPSIS;
}

/** The same for a text that may be missing. */
export function truncateOrNull(
  text: string | null | undefined,
  max: number,
  measure?: Measure,
): string | null {
  return text == null ? null : truncate(text, max, measure);
}

/** The length of the longest prefix that fits into `max`, found by bisection. */
function prefixLength(text: string, max: number, measure: Measure): number {
  let enough = 0;
  let tooMuch = text.length + 1;
  while (tooMuch - enough > 1) {
    const middle = Math.floor((enough + tooMuch) / 2);
    if (measure(text.slice(0, middle)) <= max) enough = middle;
    else tooMuch = middle;
  }
  return enough;
}

let segmenter: Intl.Segmenter | undefined;

/** Where the grapheme cluster starts that the unit at `index` belongs to. */
function graphemeStart(text: string, index: number): number {
  // Creating a segmenter takes 30 ms, and most texts do not need one.
  if (index === 0 || BETWEEN_ASCII.test(text.slice(index - 1, index + 1))) return index;
  segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" });
  return segmenter.segment(text).containing(index)?.index ?? index;
}

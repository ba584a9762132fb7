/**
 * A function that returns the length of a text in one unit, for example in bytes.
 * The length of a text must be the sum of the lengths of its code points.
 * The length of every UTF-16 code unit must be at least 1.
 */
export type Measure = (text: string) => number;

/** Returns the number of UTF-16 code units in a text. Chat services count UTF-16 code units or bytes. */
export const countUtf16Units: Measure = (text) => text.length;

export const countUtf8Bytes: Measure = (text) => Buffer.byteLength(text);

const ELLIPSIS = "…";
const BETWEEN_ASCII = /^[\x20-\x7e]{2}$/;

/**
 * Truncates a text that is longer than `max`, and adds "…" to its end. The function never splits a grapheme cluster,
 * such as a flag, a family emoji or a letter with accents. Half of a surrogate pair becomes U+FFFD. The running time
 * depends on `max`, not on the length of the text.
 */
export function truncate(text: string, max: number, measure: Measure = countUtf16Units): string {
  // The text after `beginning` cannot change the position where the function truncates the text, because a code point
  // has at most two UTF-16 code units.
  const beginning = text.slice(0, max + 2).toWellFormed();
  if (text.length <= max && measure(beginning) <= max) return beginning;
  const available = max - measure(ELLIPSIS);
  if (available < 0) return "";
  return beginning.slice(0, graphemeStart(beginning, prefixLength(beginning, available, measure))) + ELLIPSIS;
}

/** Truncates a text like `truncate`, or returns null if the text is missing. */
export function truncateNullable(
  text: string | null | undefined,
  max: number,
  measure?: Measure,
): string | null {
  return text == null ? null : truncate(text, max, measure);
}

/** Returns the length of the longest beginning of a text whose measured length is at most `max`. */
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

/** Returns the index at which the grapheme cluster with the code unit at `index` begins. */
function graphemeStart(text: string, index: number): number {
  // The function creates a segmenter only when it needs one, because creating a segmenter takes 30 ms.
  if (index === 0 || BETWEEN_ASCII.test(text.slice(index - 1, index + 1))) return index;
  segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" });
  return segmenter.segment(text).containing(index)?.index ?? index;
}

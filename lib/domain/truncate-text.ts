/**
 * A function that measures the length of a text, for example in bytes. The length of two joined texts must be the sum
 * of their lengths. The length must be at least the number of UTF-16 code units.
 */
export type Measure = (text: string) => number;

/** Returns the length of a text in UTF-16 code units. Chats limit texts in UTF-16 code units or in bytes. */
export const countUtf16Units: Measure = (text) => text.length;

export const countUtf8Bytes: Measure = (text) => Buffer.byteLength(text);

const ELLIPSIS = "…";
const BETWEEN_ASCII = /^[\x20-\x7e]{2}$/;

/**
 * Truncates a text that is longer than `max`, and adds "…". A flag, a family emoji or a letter with accents is never
 * split. Half of a surrogate pair becomes U+FFFD. The run time depends on `max`, and not on the length of the text.
 */
export function truncate(text: string, max: number, measure: Measure = countUtf16Units): string {
  // The first `max + 2` code units are enough, because a character has at most two code units.
  const beginning = text.slice(0, max + 2).toWellFormed();
  if (text.length <= max && measure(beginning) <= max) return beginning;
  const available = max - measure(ELLIPSIS);
  if (available < 0) return "";
  return beginning.slice(0, graphemeStart(beginning, prefixLength(beginning, available, measure))) + ELLIPSIS;
}

/** Does the same as `truncate`, but also accepts null and undefined. For null and undefined, the result is null. */
export function truncateNullable(
  text: string | null | undefined,
  max: number,
  measure?: Measure,
): string | null {
  return text == null ? null : truncate(text, max, measure);
}

/** Finds the longest beginning of a text whose length is at most `max`, and returns its number of code units. */
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

/** Returns the start of the grapheme cluster (visible character) at `index`. */
function graphemeStart(text: string, index: number): number {
  // The creation of a segmenter takes 30 ms, so the code creates it only if necessary.
  if (index === 0 || BETWEEN_ASCII.test(text.slice(index - 1, index + 1))) return index;
  segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" });
  return segmenter.segment(text).containing(index)?.index ?? index;
}

/** Characters that turn the reading direction of what stands after them: embeddings, overrides, isolates. */
const TURNS_DIRECTION = /[\u202a-\u202e\u2066-\u2069]/g;
const CONTROL = /[\p{Cc}\u2028\u2029]+/gu;
const CONTROL_BUT_LINES = /[^\P{Cc}\n\t]/gu;

/**
 * A name or another short text that others wrote, in one line: no control characters, nothing that would turn the
 * direction of the text around it, no half of a surrogate pair.
 */
export function oneLine(text: string): string {
  return text.toWellFormed().replace(TURNS_DIRECTION, "").replace(CONTROL, " ").trim();
}

/** A text in its own lines, otherwise as `oneLine`. */
export function lines(text: string): string {
  return text
    .toWellFormed()
    .replace(TURNS_DIRECTION, "")
    .replace(/\r\n?|[\u2028\u2029]/g, "\n")
    .replace(CONTROL_BUT_LINES, "")
    .trim();
}

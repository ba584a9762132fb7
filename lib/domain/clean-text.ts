/** Matches the Unicode characters that change the reading direction of the text after them. */
const DIRECTION = /[\u202a-\u202e\u2066-\u2069]/g;
const CONTROL = /[\p{Cc}\u2028\u2029]+/gu;
const CONTROL_EXCEPT_LINES = /[^\P{Cc}\n\t]/gu;

/**
 * Matches the sequences that set a colour in a terminal (SGR, ECMA-48). The output of scripts contains such sequences.
 */
const COLOUR = /\u001b\[[\d;]{0,40}m/g;

/** Removes the sequences that set a colour in a terminal, because only their letters and numbers would be visible. */
export const removeTerminalColours = (text: string): string => text.replace(COLOUR, "");

/**
 * Makes untrusted text safe to show in one line. The function replaces control characters and line breaks by spaces,
 * removes characters that change the reading direction, and replaces half of a surrogate pair by U+FFFD.
 */
export function cleanToOneLine(text: string): string {
  return removeTerminalColours(text).toWellFormed().replace(DIRECTION, "").replace(CONTROL, " ").trim();
}

/** Makes untrusted text safe to show, and keeps its line breaks and tabs. */
export function cleanKeepingLines(text: string): string {
  return removeTerminalColours(text)
    .toWellFormed()
    .replace(DIRECTION, "")
    .replace(/\r\n?|[\u2028\u2029]/g, "\n")
    .replace(CONTROL_EXCEPT_LINES, "")
    .trim();
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Escapes a text for use in an HTML element or in a quoted HTML attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/** Escapes only `&`, `<` and `>` in a text. Slack and many servers escape only `&`, `<` and `>`. */
export function escapeAmpersandAndAngleBrackets(text: string): string {
  return text.replace(/[&<>]/g, (character) => ENTITIES[character] ?? character);
}

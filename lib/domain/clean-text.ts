/** Matches Unicode characters that change the reading direction of the following text. */
const DIRECTION = /[\u202a-\u202e\u2066-\u2069]/g;
const CONTROL = /[\p{Cc}\u2028\u2029]+/gu;
const CONTROL_EXCEPT_LINES = /[^\P{Cc}\n\t]/gu;

/** Matches terminal colour sequences (SGR, ECMA-48). Scripts may print colour sequences. */
const COLOUR = /\u001b\[[\d;]{0,40}m/g;

/** Removes terminal colour sequences, because a page would show their letters and numbers. */
export const removeTerminalColours = (text: string): string => text.replace(COLOUR, "");

/**
 * Makes untrusted text safe to show in one line. Control characters and line breaks become spaces. Characters that
 * change the reading direction are removed. Half of a surrogate pair becomes U+FFFD.
 */
export function cleanToOneLine(text: string): string {
  return removeTerminalColours(text).toWellFormed().replace(DIRECTION, "").replace(CONTROL, " ").trim();
}

/** Makes untrusted text safe to show. Line breaks and tabs stay. */
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

/** Escapes only `&`, `<` and `>` in a text. Slack and many servers do not escape quotes. */
export function escapeAmpersandAndAngleBrackets(text: string): string {
  return text.replace(/[&<>]/g, (character) => ENTITIES[character] ?? character);
}

/** Matches Unicode characters that change the reading direction of the following text. */
const DIRECTION = /[\u202a-\u202e\u2066-\u2069]/g;
const CONTROL = /[\p{Cc}\u2028\u2029]+/gu;
const CONTROL_EXCEPT_LINES = /[^\P{Cc}\n\t]/gu;

/**
 * Matches the codes with which a program colours its output in a terminal (SGR, ECMA-48). The output of a script may
 * contain such colour codes.
 */
const COLOUR = /\u001b\[[\d;]{0,40}m/g;

/** Removes terminal colour codes, because a web page would show them as letters and numbers. */
export const removeTerminalColours = (text: string): string => text.replace(COLOUR, "");

/**
 * Makes untrusted text safe to show in one line. The function replaces control characters and line breaks by spaces.
 * The function removes characters that change the reading direction. The function replaces half of a surrogate pair by
 * U+FFFD.
 */
export function toSafeOneLineText(text: string): string {
  return removeTerminalColours(text).toWellFormed().replace(DIRECTION, "").replace(CONTROL, " ").trim();
}

/** Makes untrusted text safe to show, but does not remove line breaks and tabs. */
export function toSafeMultilineText(text: string): string {
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

/** Escapes a text for an HTML element or for an HTML attribute in quotes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/** Escapes only `&`, `<` and `>` in a text. Slack requires that texts escape only the characters `&`, `<` and `>`. */
export function escapeAmpersandAndAngleBrackets(text: string): string {
  return text.replace(/[&<>]/g, (character) => ENTITIES[character] ?? character);
}

/** How much of a limit one character uses up. Limits of chats are counted in UTF-16 units unless they say bytes. */
export type Measure = (character: string) => number;

export const units: Measure = (character) => character.length;
export const bytes: Measure = (character) => Buffer.byteLength(character);
/** Bytes of a character inside a JSON string, escapes included. */
export const jsonBytes: Measure = (character) => Buffer.byteLength(JSON.stringify(character)) - 2;

const ELLIPSIS = "…";

/** The text if it fits into `max`, else as many whole characters as fit with `…` behind them. */
export function cut(text: string, max: number, measure: Measure = units): string {
  const whole = text.toWellFormed();
  const ellipsis = measure(ELLIPSIS);
  let used = 0;
  let end = 0;
  let kept = 0;
  for (const character of whole) {
    used += measure(character);
    if (used > max) return max < ellipsis ? "" : whole.slice(0, kept) + ELLIPSIS;
    end += character.length;
    if (used + ellipsis <= max) kept = end;
  }
  return whole;
}

/**
 * Text from outside as it may stand in a chat: control characters as their pictures (U+2400 block), and without
 * the marks that reverse the reading direction of what follows (https://www.unicode.org/reports/tr9/).
 */
export function clean(text: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n?/g, "\n")
    .replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "")
    .replace(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/g, (control) =>
      String.fromCharCode(control === "\x7f" ? 0x2421 : 0x2400 + control.charCodeAt(0)),
    );
}

/** The same in one line: for names, labels and headlines. */
export function oneLine(text: string): string {
  return clean(text).replace(/\s+/g, " ").trim();
}

/** An http or https address that holds no character with a meaning in any chat's markup; null for everything else. */
export function webUrl(text: string | null | undefined): string | null {
  if (!text || !URL.canParse(text)) return null;
  const url = new URL(text);
  if (url.protocol !== "https:" && url.protocol !== "http:") return null;
  return url.href.replace(
    /[()[\]<>"'\\^`{|}*_~!@]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

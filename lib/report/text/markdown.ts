/** Keeps two characters apart that would be markup together, and cannot be seen. */
const APART = "\u200b";

/**
 * Text in a Markdown that knows backslash escapes. Opening brackets and angles are also kept apart from what
 * follows, for readers that look for `<@…>` or `](` before they look for backslashes.
 */
export function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_~[\]()<>#|!]/g, (character) =>
    character === "<" || character === "]" ? `\\${character}${APART}` : `\\${character}`,
  );
}

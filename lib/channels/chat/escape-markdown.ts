/** Takes no room, and is not seen. */
export const ZERO_WIDTH_SPACE = "\u200b";

/**
 * For chats that know no escape: puts a character without width behind each one that could begin a mention, a tag,
 * a link, an image, code or bold, and before what would begin a heading, a quotation or a list. It is not seen, and
 * what follows is no longer what the chat looks for.
 */
export function keepApart(text: string): string {
  return text
    .replace(/[<@[\]!*`]/g, (character) => character + ZERO_WIDTH_SPACE)
    .replace(/^(\s*)(?=[#>+=|-]|\d+\.)/gm, `$1${ZERO_WIDTH_SPACE}`);
}

import type { Hint, Story, Trouble } from "./chat-message.ts";
import { footerOf, NO_REASON, notesOf, READ_MORE } from "./footer.ts";

/** How a chat that reads some Markdown writes. */
export interface Markdown {
  /** Makes foreign text inert. */
  readonly text: (foreign: string) => string;
  /** The cloud's own words, perhaps in several lines. */
  readonly quote: (foreign: string) => string;
}

/** Everything below the headline, in the order it is read. Each part is a paragraph. */
export function markdownStory(story: Story, { text, quote }: Markdown): string[] {
  const facts = story.facts.map(({ label, value }) => `**${text(label)}:** ${text(value)}`);
  const links = story.links.map(({ label, url }) => `[${text(label)}](${url})`);
  return [
    ...(facts.length > 0 ? [facts.join(" · ")] : []),
    ...story.summary.map((line) => `**${text(line)}**`),
    ...story.troubles.flatMap((trouble) => troubleParts(trouble, { text, quote })),
    ...notesOf(story).map(text),
    ...(links.length > 0 ? [links.join(" · ")] : []),
    text(footerOf(story)),
  ];
}

function troubleParts({ title, reason, hint }: Trouble, { text, quote }: Markdown): string[] {
  return [
    ...(title === null ? [] : [`**${text(title)}**`]),
    reason === null ? NO_REASON : quote(reason),
    ...(hint === null ? [] : [hintLine(hint, text)]),
  ];
}

function hintLine({ advice, url }: Hint, text: Markdown["text"]): string {
  return url === null ? `💡 ${text(advice)}` : `💡 ${text(advice)} [${READ_MORE}](${url})`;
}

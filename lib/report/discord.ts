import type { Content } from "./content.ts";
import { type Dialect, markdownBody } from "./markdown.ts";
import type { Message } from "./message.ts";
import { type Shortened, tellWithin } from "./shorten.ts";
import { cut } from "./text.ts";

/** https://docs.discord.com/developers/resources/message#embed-object-embed-limits */
export const DISCORD_LIMITS = { content: 2000, description: 4096, total: 6000 } as const;

const COLOURS = { succeeded: 0x1a7f4b, failed: 0xd1293d, timed_out: 0xb25e00, lost: 0x7a4fd0 } as const;
const NEUTRAL = 0x1f6feb;
const HEADLINE_CHARS = 300;
const ZERO_WIDTH_SPACE = "\u200b";

const DIALECT: Dialect = {
  text: escapeDiscord,
  bold: (inert) => `**${inert}**`,
  quote: (foreign) => `\`\`\`\n${foreign.replaceAll("`", `\`${ZERO_WIDTH_SPACE}`)}\n\`\`\``,
  link: (label, url) => `[${label}](${url})`,
  paragraph: "\n",
};

/** A message for a Discord webhook. `allowed_mentions` lets nobody be mentioned but whom the operator names. */
export function discordMessage(content: Content, mention: string | undefined): Message["payload"] {
  const called = content.urgent && mention !== undefined ? mention : null;
  const headline = escapeDiscord(cut(content.headline, HEADLINE_CHARS));
  const description = tellWithin(
    content,
    (shortened: Shortened) => markdownBody(shortened, DIALECT),
    (made) => made.length <= DISCORD_LIMITS.description,
  );
  return {
    content: called === null ? headline : `${headline} ${called}`,
    embeds: [{ description, color: content.outcome === null ? NEUTRAL : COLOURS[content.outcome] }],
    allowed_mentions: allowed(called),
  };
}

/** https://support.discord.com/hc/en-us/articles/210298617: a backslash takes a character its meaning. */
function escapeDiscord(text: string): string {
  return text
    .replace(/[\\*_~`|<>[\]()#+\-.!:]/g, (character) => `\\${character}`)
    .replaceAll("@", `@${ZERO_WIDTH_SPACE}`);
}

function allowed(mention: string | null): Readonly<Record<string, unknown>> {
  const [, kind, id] = /^<@([!&]?)(\d+)>$/.exec(mention ?? "") ?? [];
  if (id !== undefined) return kind === "&" ? { parse: [], roles: [id] } : { parse: [], users: [id] };
  return { parse: mention === "@everyone" || mention === "@here" ? ["everyone"] : [] };
}

import type { Story, Tone } from "../chat/chat-message.ts";
import { ZERO_WIDTH_SPACE } from "../chat/escape-markdown.ts";
import { type Markdown, markdownStory } from "../chat/markdown.ts";
import type { Message } from "../payload.ts";

/** https://discord.com/developers/docs/resources/message#embed-object-embed-limits */
export const DISCORD_LIMITS = {
  content: 2_000,
  description: 4_096,
  embeds: 10,
  /** Title, description, fields, footer and author of all embeds. */
  allEmbeds: 6_000,
} as const;

const COLOURS: Readonly<Record<Tone, number>> = { good: 0x2e7d32, bad: 0xc62828, doubtful: 0xef6c00 };

const MARKDOWN: Markdown = {
  text: escapeDiscord,
  quote: (reason) => `\`\`\`\n${reason.replaceAll("`", `\`${ZERO_WIDTH_SPACE}`)}\n\`\`\``,
};

/** A message of one embed. `allowed_mentions` lets nobody be called but the target's own mention. */
export function discordMessage(story: Story, mention: string | null): Message {
  const headline = escapeDiscord(story.headline);
  const embed = { description: markdownStory(story, MARKDOWN).join("\n"), color: COLOURS[story.tone] };
  return {
    payload: {
      content: mention === null ? headline : `${headline} ${mention}`,
      embeds: [embed],
      allowed_mentions: allowedMentions(mention),
    },
    fallback: null,
  };
}

/** An embed is little more than its description, and JSON only makes it longer. */
export function discordFits({ payload }: Message): boolean {
  return JSON.stringify(payload.embeds).length <= DISCORD_LIMITS.description;
}

/** A mention in the config is `<@user>`, `<@&role>`, `@everyone` or `@here`; only that one is let through. */
function allowedMentions(mention: string | null) {
  const [, isRole, id] = /^<@(&?)!?(\d+)>$/.exec(mention ?? "") ?? [];
  if (id !== undefined) return isRole ? { parse: [], roles: [id] } : { parse: [], users: [id] };
  return { parse: mention === "@everyone" || mention === "@here" ? ["everyone"] : [] };
}

/** A backslash takes any sign its meaning; a mention that calls nobody should not look like one either. */
function escapeDiscord(text: string): string {
  return text.replace(/[\\`*_~|<>[\]()#:+.!-]/g, "\\$&").replaceAll("@", `@${ZERO_WIDTH_SPACE}`);
}

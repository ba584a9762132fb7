import type { ChatFormat } from "../chat/chat-channel.ts";
import type { Tone } from "../chat/chat-message.ts";
import { type MarkdownStyle, markdownParagraphs, ZERO_WIDTH_SPACE } from "../chat/markdown.ts";

/** https://discord.com/developers/docs/resources/message#embed-object-embed-limits */
export const DISCORD_LIMITS = { contentCharacters: 2_000, descriptionCharacters: 4_096 } as const;

const COLOURS: Readonly<Record<Tone, number>> = { good: 0x2e7d32, bad: 0xc62828, doubtful: 0xef6c00 };

const STYLE: MarkdownStyle = {
  escapeText: escapeMarkdown,
  quote: (reason) => `\`\`\`\n${reason.replaceAll("`", `\`${ZERO_WIDTH_SPACE}`)}\n\`\`\``,
};

/**
 * A message with one embed. `allowed_mentions` allows only the target's own mention.
 * Rate limit: https://discord.com/developers/docs/topics/rate-limits
 */
export const discordMessage: ChatFormat = {
  rateLimit: { messages: 5, windowMs: 2000 },
  render(message, mention) {
    const headline = escapeMarkdown(message.headline);
    const embed = {
      description: markdownParagraphs(message, STYLE).join("\n"),
      color: COLOURS[message.tone],
    };
    return {
      payload: {
        content: mention === null ? headline : `${headline} ${mention}`,
        embeds: [embed],
        allowed_mentions: allowedMentions(mention),
      },
      fallback: null,
    };
  },
  // An embed is little more than its description, and JSON only makes the text longer.
  isWithinLimits: ({ payload }) =>
    JSON.stringify(payload.embeds).length <= DISCORD_LIMITS.descriptionCharacters,
};

/** The config has `<@user>`, `<@&role>`, `@everyone` or `@here`. Any other text mentions nobody. */
function allowedMentions(mention: string | null) {
  const [, isRole, id] = /^<@(&?)!?(\d+)>$/.exec(mention ?? "") ?? [];
  if (id !== undefined) return isRole ? { parse: [], roles: [id] } : { parse: [], users: [id] };
  return { parse: mention === "@everyone" || mention === "@here" ? ["everyone"] : [] };
}

/** A backslash escapes every character of Markdown. The invisible character keeps `@everyone` from appearing as a mention. */
function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_~|<>[\]()#:+.!-]/g, "\\$&").replaceAll("@", `@${ZERO_WIDTH_SPACE}`);
}

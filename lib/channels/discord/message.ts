import type { JsonObject } from "../../domain/json.ts";
import type { ChatMessage, ConfiguredTexts, Tone } from "../chat/chat-message.ts";
import { type MarkdownStyle, renderMarkdownWithoutHeadline, ZERO_WIDTH_SPACE } from "../chat/markdown.ts";

/** https://discord.com/developers/docs/resources/message#embed-object-embed-limits */
const MAX_DESCRIPTION_CHARACTERS = 4_096;

const COLOURS: Readonly<Record<Tone, number>> = { good: 0x2e7d32, bad: 0xc62828, doubtful: 0xef6c00 };

const STYLE: MarkdownStyle = {
  escapeText: escapeMarkdown,
  quote: (reason) => `\`\`\`\n${reason.replaceAll("`", `\`${ZERO_WIDTH_SPACE}`)}\n\`\`\``,
  // Discord shows a line that begins with `-# ` in small letters
  // (https://support.discord.com/hc/en-us/articles/210298617).
  formatFooter: (line) => `-# ${line}`,
  // Discord shows a time in the format `<t:…:f>` in the time zone of the reader.
  // https://discord.com/developers/docs/reference#message-formatting
  formatTime: (at) => `<t:${Math.floor(at / 1000)}:f>`,
};

/**
 * Formats a message for Discord. The Discord message contains one embed (a framed text). Only the mention from the
 * config of the target is in `allowed_mentions`.
 */
export function formatDiscordMessage(message: ChatMessage, texts: ConfiguredTexts): JsonObject {
  const { content, allowed_mentions } = formatPlainDiscordMessage(message.headline, texts);
  const description = renderMarkdownWithoutHeadline(message, STYLE).join("\n");
  return { content, embeds: [{ description, color: COLOURS[message.tone] }], allowed_mentions };
}

/** Formats the headline of a message for Discord, without an embed. */
export function formatPlainDiscordMessage(headline: string, { mention }: ConfiguredTexts): JsonObject {
  const text = escapeMarkdown(headline);
  const content = mention === null ? text : `${text} ${mention}`;
  return { content, allowed_mentions: allowedMentions(mention) };
}

/**
 * Returns the field `allowed_mentions` for a mention from the config: `<@user>`, `<@&role>`, `@everyone` or `@here`.
 * For a mention in any other form, the message mentions nobody.
 */
function allowedMentions(mention: string | null) {
  const [, isRole, id] = /^<@(&?)!?(\d+)>$/.exec(mention ?? "") ?? [];
  if (id !== undefined) return isRole ? { parse: [], roles: [id] } : { parse: [], users: [id] };
  return { parse: mention === "@everyone" || mention === "@here" ? ["everyone"] : [] };
}

/**
 * Escapes the Markdown characters of a text with a backslash. An invisible character after each `@` prevents that
 * `@everyone` becomes a mention.
 */
function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_~|<>[\]()#:+.!-]/g, "\\$&").replaceAll("@", `@${ZERO_WIDTH_SPACE}`);
}

/**
 * Returns true if a message is not too large for Discord. Discord limits the length of the text in the embed. The
 * function checks the length of the embed as JSON, which is always longer than the text.
 */
export function isDiscordMessageWithinLimits({ embeds }: JsonObject): boolean {
  return JSON.stringify(embeds).length <= MAX_DESCRIPTION_CHARACTERS;
}

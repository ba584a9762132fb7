import * as z from "zod/mini";
import { chatFields, createChatChannel } from "../chat/chat-channel.ts";
import { formatDiscordMessage, formatPlainDiscordMessage } from "./message.ts";
import { discordVerdict } from "./verdict.ts";

/** https://discord.com/developers/docs/resources/message#embed-object-embed-limits */
const MAX_DESCRIPTION_CHARACTERS = 4_096;

/**
 * The channel for a webhook of Discord. The config field `mention` is `<@USER>`, `<@&ROLE>`, `@everyone` or `@here`.
 */
export const discordChannel = createChatChannel({
  target: z.strictObject({ kind: z.literal("discord"), ...chatFields }),
  // https://discord.com/developers/docs/topics/rate-limits
  rateLimit: { messages: 5, windowMs: 2000 },
  render: formatDiscordMessage,
  renderPlain: formatPlainDiscordMessage,
  // Discord limits the length of the description in an embed. The JSON text of the embeds is always longer than the
  // description, so this check is strict enough.
  isWithinLimits: ({ embeds }) => JSON.stringify(embeds).length <= MAX_DESCRIPTION_CHARACTERS,
  ownVerdictOf: discordVerdict,
});

import * as z from "zod/mini";
import { toSqsWaitSeconds } from "../../http/retry-after.ts";
import * as verdict from "../attempt-verdict.ts";
import { chatFields, createChatChannel } from "../chat/chat-channel.ts";
import { formatDiscordMessage } from "./message.ts";

/** https://discord.com/developers/docs/resources/message#embed-object-embed-limits */
const MAX_DESCRIPTION_CHARACTERS = 4_096;

const RateLimitBody = z.object({ retry_after: z.number().check(z.minimum(0)) });

/**
 * The channel for a webhook of Discord. The config field `mention` is `<@USER>`, `<@&ROLE>`, `@everyone` or `@here`.
 */
export const discordChannel = createChatChannel({
  target: z.strictObject({ kind: z.literal("discord"), ...chatFields }),
  // https://discord.com/developers/docs/topics/rate-limits
  rateLimit: { messages: 5, windowMs: 2000 },
  render: formatDiscordMessage,
  // Discord limits the length of the description in an embed. The JSON text of the embeds is always longer than the
  // description, so this check is strict enough.
  isWithinLimits: ({ embeds }) => JSON.stringify(embeds).length <= MAX_DESCRIPTION_CHARACTERS,
  /**
   * In a response of Discord with the HTTP status 429, the header Retry-After contains whole seconds, and the body
   * contains a fraction. The header takes precedence over the body.
   */
  verdictOf(answer, now) {
    const seconds = verdict.parseJsonBody(RateLimitBody, answer.body)?.retry_after;
    const general = verdict.verdictOfCommonStatus(
      answer,
      now,
      seconds === undefined ? null : toSqsWaitSeconds(seconds),
    );
    if (general !== null) return general;
    const { status } = answer;
    if (verdict.isSuccess(status)) return verdict.delivered();
    if (status === 401 || status === 404) return verdict.gone;
    return verdict.rejected(status === 403 ? "access_refused" : "payload_refused");
  },
});

import * as z from "zod/mini";
import { parseJsonOrUndefined } from "../../domain/json.ts";
import { NumberOrMissing, TextOrEmpty, textSchema } from "../../domain/zod-fields.ts";
import * as verdict from "../attempt-verdict.ts";
import type { AttemptVerdict, ReceiverAnswer } from "../channel.ts";
import { chatFields, createChatChannel } from "../chat/chat-channel.ts";
import { formatDiscordMessage, formatPlainDiscordMessage, isDiscordMessageWithinLimits } from "./message.ts";

/**
 * The channel for a webhook of Discord. In the config of a Discord target, `mention` is `<@USER>`, `<@&ROLE>`,
 * `@everyone` or `@here`.
 */
export const discordChannel = createChatChannel({
  target: z.lazy(() => z.strictObject({ kind: z.literal("discord"), ...chatFields })),
  // https://discord.com/developers/docs/topics/rate-limits
  rateLimit: { messages: 5, windowMs: 2000 },
  render: formatDiscordMessage,
  renderPlain: formatPlainDiscordMessage,
  isWithinLimits: isDiscordMessageWithinLimits,
  ownVerdictOf: discordVerdict,
});

/** With the query parameter `wait=true`, Discord responds with the message that it posted. */
const MessageBody = z.lazy(() => z.object({ id: textSchema(z.regex(/^\d+$/)) }));
/**
 * Matches the beginning of a message object in a response of Discord. Discord returns the whole message, so the
 * received part of a response may end inside the message.
 */
const MESSAGE_START = /^\{\s*"(?:id"\s*:\s*"\d+"|type"\s*:\s*\d|content"\s*:\s*")/;
const ErrorBody = z.lazy(() => z.object({ code: NumberOrMissing, message: TextOrEmpty }));
/** An error response that contains only the names of the refused fields, for example `{"embeds":["0"]}`. */
const RefusedFields = z.lazy(() =>
  z.union([
    z.object({ _misc: z.array(z.unknown()) }),
    z.object({ allowed_mentions: z.array(z.unknown()) }),
    z.object({ content: z.array(z.unknown()) }),
    z.object({ embeds: z.array(z.unknown()) }),
  ]),
);

/** https://docs.discord.com/developers/topics/opcodes-and-status-codes#json */
const UNKNOWN_WEBHOOK = 10015;
const INVALID_WEBHOOK_TOKEN = 50027;
/**
 * Discord's error code for a webhook of a forum channel. A message to a forum channel needs `thread_name` or
 * `thread_id`.
 */
const THREAD_REQUIRED = 220001;
/**
 * Error codes of Discord about the channel or thread, for example an archived thread. Discord would also refuse a
 * simpler message to this channel.
 */
const CHANNEL_ERRORS: ReadonlySet<number> = new Set([50024, 50083, 160005, 220003, 220004]);

/** Returns the verdict for a response of Discord. If the response is not from Discord, the result is null. */
function discordVerdict({ status, body }: ReceiverAnswer): AttemptVerdict | null {
  if (status === 204) return verdict.delivered();
  if (status === 200 && isMessage(body)) return verdict.delivered();
  const { code, message = "" } = verdict.parseJsonBodyIgnoringCase(ErrorBody, body) ?? {};
  if (status === 400 && verdict.parseJsonBodyIgnoringCase(RefusedFields, body) !== undefined)
    return verdict.rejected("payload_refused");
  if (code === undefined || verdict.isInRangeOfHttpStatuses(code)) return null;
  if (code === THREAD_REQUIRED) return verdict.rejected("thread_required");
  const isGone = code === UNKNOWN_WEBHOOK || code === INVALID_WEBHOOK_TOKEN;
  if (verdict.isSuccessStatus(status))
    return isGone || code === 0 ? null : verdict.rejected("payload_refused");
  if (CHANNEL_ERRORS.has(code)) return verdict.rejected("access_refused");
  if (status === 401 || status === 404) return isGone ? verdict.gone() : verdict.rejected("access_refused");
  const byText = verdict.rejectedUnlessTextSaysTemporary(message);
  return status === 403 && byText.verdict === "rejected" ? verdict.rejected("access_refused") : byText;
}

/** Returns true for a message object of Discord, even if its end is cut off. */
function isMessage(body: string): boolean {
  if (verdict.parseJsonBodyIgnoringCase(MessageBody, body) !== undefined) return true;
  return parseJsonOrUndefined(body.trim()) === undefined && MESSAGE_START.test(body.trim());
}

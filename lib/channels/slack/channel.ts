import * as z from "zod/mini";
import * as verdict from "../attempt-verdict.ts";
import { chatFields, createChatChannel } from "../chat/chat-channel.ts";
import { formatSlackMessage } from "./message.ts";

/** https://docs.slack.dev/reference/block-kit/blocks */
const MAX_BLOCKS = 50;
/**
 * The maximum length of the JSON text of all blocks in a Slack message. This limit is not documented. Slack responds to
 * a longer text with `invalid_blocks`.
 */
const MAX_BLOCKS_CHARACTERS = 12_000;

/**
 * The wait after a response with the HTTP status 429 and without the header Retry-After. Such a response comes from a
 * different server, because Slack always sends Retry-After with the HTTP status 429.
 */
const DEFAULT_WAIT_SECONDS = 60;

/** https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks#handling_errors */
const GONE_ERRORS: ReadonlySet<string> = new Set([
  "action_prohibited",
  "channel_is_archived",
  "channel_not_found",
  "invalid_token",
  "no_active_hooks",
  "no_service",
  "no_service_id",
  "no_team",
  "team_disabled",
]);

const ErrorBody = z.object({ ok: z.literal(false), error: z._default(z.string(), "") });

/**
 * The channel for an incoming webhook of Slack. The config field `mention` is Slack markup such as `<@U…>`,
 * `<!subteam^S…>` or `<!here>`.
 */
export const slackChannel = createChatChannel({
  target: z.strictObject({ kind: z.literal("slack"), ...chatFields }),
  // https://docs.slack.dev/apis/web-api/rate-limits#posting
  rateLimit: { messages: 1, windowMs: 1000 },
  render: formatSlackMessage,
  isWithinLimits: ({ blocks }) =>
    !Array.isArray(blocks) ||
    (blocks.length <= MAX_BLOCKS && JSON.stringify(blocks).length <= MAX_BLOCKS_CHARACTERS),
  /** The body of Slack's response is `ok` or an error code, as plain text or as JSON. */
  verdictOf(answer, now) {
    const general = verdict.verdictOfCommonStatus(answer, now, DEFAULT_WAIT_SECONDS);
    if (general !== null) return general;
    const { status, body } = answer;
    const errorBody = verdict.parseJsonBody(ErrorBody, body);
    const error = errorBody?.error ?? body.trim();
    if (GONE_ERRORS.has(error) || status === 404) return verdict.gone;
    if (error.startsWith("invalid_blocks")) return verdict.rejected("invalid_blocks");
    if (status === 401 || status === 403) return verdict.rejected("access_refused");
    if (!verdict.isSuccess(status)) return verdict.rejected("payload_refused");
    if (errorBody === undefined && !isErrorCode(error)) return verdict.delivered();
    const isRateLimited = error === "rate_limited" || error === "ratelimited";
    return isRateLimited ? verdict.throttled(DEFAULT_WAIT_SECONDS) : verdict.rejected("payload_refused");
  },
});

const isErrorCode = (text: string): boolean => /^(invalid|no|missing|too)_[a-z_]+$/.test(text);

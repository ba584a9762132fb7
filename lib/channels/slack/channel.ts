import * as z from "zod/mini";
import { textSchema } from "../../domain/zod-fields.ts";
import * as verdict from "../attempt-verdict.ts";
import type { AttemptVerdict, ReceiverAnswer } from "../channel.ts";
import { chatFields, createChatChannel } from "../chat/chat-channel.ts";
import { formatPlainSlackMessage, formatSlackMessage, isSlackMessageWithinLimits } from "./message.ts";

/** The hosts of Slack. Other hosts, such as Mattermost, also accept Slack messages. */
const SLACK_HOSTS: ReadonlySet<string> = new Set(["hooks.slack.com", "hooks.slack-gov.com"]);

/**
 * The channel for an incoming webhook of Slack. In the config of a Slack target, `mention` is Slack markup such as
 * `<@U…>`, `<!subteam^S…>` or `<!here>`.
 */
export const slackChannel = createChatChannel({
  target: z.lazy(() => z.strictObject({ kind: z.literal("slack"), ...chatFields })),
  // https://docs.slack.dev/apis/web-api/rate-limits#posting
  rateLimit: { messages: 1, windowMs: 1000 },
  // Slack itself always sends Retry-After with HTTP status 429, but other servers that accept Slack messages may not
  // send it.
  defaultThrottleSeconds: 60,
  render: formatSlackMessage,
  renderPlain: formatPlainSlackMessage,
  isWithinLimits: isSlackMessageWithinLimits,
  ownVerdictOf: slackVerdict,
  noteAbout({ url }) {
    const { hostname, pathname } = new URL(url.reveal());
    const isIncomingWebhook = SLACK_HOSTS.has(hostname) && pathname.startsWith("/services/");
    return isIncomingWebhook
      ? null
      : "the URL is not an incoming webhook of Slack. A receiver that reads only the field `text`, for example Mattermost, Rocket.Chat or a workflow of Slack, shows the whole notification as plain text";
  },
});

/**
 * Error codes of a webhook that no longer works. The last two come from Mattermost and Rocket.Chat.
 * https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks#handling_errors
 */
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
  "web.incoming_webhook.invalid.app_error",
  "Invalid integration id or token provided.",
]);

const RATE_LIMIT_ERRORS: ReadonlySet<string> = new Set(["message_limit_exceeded", "ratelimited"]);

/**
 * Error codes that concern the sender or the channel, and not the message. After an error of the sender or the channel,
 * the chat would also refuse a simpler message. Codes with dots come from Mattermost, and codes with hyphens from
 * Rocket.Chat.
 */
const ACCESS_ERRORS: ReadonlySet<string> = new Set([
  "account_inactive",
  "ekm_access_denied",
  "invalid_auth",
  "not_authed",
  "not_in_channel",
  "org_login_required",
  "posting_to_general_channel_denied",
  "restricted_action",
  "team_access_not_granted",
  "token_expired",
  "token_revoked",
  "user_not_found",
  "web.incoming_webhook.channel.app_error",
  "web.incoming_webhook.channel_locked.app_error",
  "web.incoming_webhook.disabled.app_error",
  "web.incoming_webhook.permissions.app_error",
  "web.incoming_webhook.user.app_error",
  "invalid-channel",
  "error-invalid-channel",
  "error-not-allowed",
]);

/**
 * Matches an error code in Slack's format. An error code that is in none of the lists above concerns the message, for
 * example `msg_blocks_too_long`.
 */
const ERROR_CODE = /^[a-z]+(_[a-z0-9]+)+(?=$|[\s:,])/;

/**
 * The HTTP statuses that Slack uses when it refuses a message. A proxy may send `not_found` with another HTTP status.
 */
const REFUSAL_STATUSES: ReadonlySet<number> = new Set([200, 400, 413]);

/**
 * Matches error codes of Slack and Mattermost for a message that they refuse because of its content. Other products do
 * not send error codes about the content of a message.
 */
const MESSAGE_ERROR =
  /^(invalid_(attachments|blocks|payload)|missing_text|msg_|no_text|too_many_|web\.incoming_webhook\.)/;

/** Error responses of a Slack workflow, of Rocket.Chat and of Mattermost. */
const ErrorBody = z.lazy(() =>
  z.union([
    z.object({ ok: z.literal(false), error: z.string() }),
    z.object({ success: z.literal(false), error: z.string() }),
    z.pipe(
      z.object({ id: textSchema(z.regex(/^web\.incoming_webhook\./)) }),
      z.transform(({ id }) => ({ error: id })),
    ),
  ]),
);

/**
 * The JSON bodies of success responses. A Slack workflow sends the field `ok`, and Rocket.Chat sends the field
 * `success`.
 */
const SuccessBody = z.lazy(() =>
  z.union([z.object({ ok: z.literal(true) }), z.object({ success: z.literal(true) })]),
);

/**
 * Returns the verdict for a response of Slack. The response is `ok` or an error code, as plain text or JSON. The
 * function also recognizes the errors of Mattermost and Rocket.Chat. If the function does not recognize the response,
 * the result is null.
 */
function slackVerdict({ status, body }: ReceiverAnswer): AttemptVerdict | null {
  const text = body.trim();
  const isSuccessStatus = text === "ok" || verdict.parseJsonBodyIgnoringCase(SuccessBody, body) !== undefined;
  if (isSuccessStatus) return status === 200 ? verdict.delivered() : null;
  const reported = verdict.parseJsonBodyIgnoringCase(ErrorBody, body)?.error;
  const error = reported ?? text;
  if (RATE_LIMIT_ERRORS.has(error)) return verdict.retryThrottledWithoutSpendingAttempt(null);
  if (GONE_ERRORS.has(error)) return verdict.gone();
  if (ACCESS_ERRORS.has(error)) return verdict.rejected("access_refused");
  if (reported === undefined && !ERROR_CODE.test(text)) return null;
  const isFromChat = REFUSAL_STATUSES.has(status) || MESSAGE_ERROR.test(error);
  return isFromChat ? verdict.rejectedUnlessTextSaysTemporary(error) : null;
}

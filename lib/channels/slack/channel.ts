import * as z from "zod/mini";
import { chatFields, createChatChannel } from "../chat/chat-channel.ts";
import { formatPlainSlackMessage, formatSlackMessage } from "./message.ts";
import { slackVerdict } from "./verdict.ts";

/** https://docs.slack.dev/reference/block-kit/blocks */
const MAX_BLOCKS = 50;
/**
 * The maximum length of the JSON text of all blocks in a Slack message. This limit is not documented. Slack responds to
 * a longer text with `invalid_blocks` or `msg_blocks_too_long`.
 */
const MAX_BLOCKS_CHARACTERS = 12_000;

/** The hosts of Slack. A server with a different host, for example Mattermost, only accepts messages in Slack's format. */
const SLACK_HOSTS: ReadonlySet<string> = new Set(["hooks.slack.com", "hooks.slack-gov.com"]);

/**
 * The channel for an incoming webhook of Slack. The config field `mention` is Slack markup such as `<@U…>`,
 * `<!subteam^S…>` or `<!here>`.
 */
export const slackChannel = createChatChannel({
  target: z.strictObject({ kind: z.literal("slack"), ...chatFields }),
  // https://docs.slack.dev/apis/web-api/rate-limits#posting
  rateLimit: { messages: 1, windowMs: 1000 },
  // Slack always sends Retry-After with the HTTP status 429, so a response without Retry-After comes from a different
  // server.
  defaultThrottleSeconds: 60,
  render: formatSlackMessage,
  renderPlain: formatPlainSlackMessage,
  isWithinLimits: ({ blocks }) =>
    Array.isArray(blocks) &&
    blocks.length <= MAX_BLOCKS &&
    JSON.stringify(blocks).length <= MAX_BLOCKS_CHARACTERS,
  ownVerdictOf: slackVerdict,
  noteAbout({ url }) {
    const { hostname, pathname } = new URL(url.reveal());
    const isIncomingWebhook = SLACK_HOSTS.has(hostname) && pathname.startsWith("/services/");
    return isIncomingWebhook
      ? null
      : "the URL is not an incoming webhook of Slack. A receiver that reads only the field `text`, for example Mattermost, Rocket.Chat or a workflow of Slack, shows the whole notification as plain text";
  },
});

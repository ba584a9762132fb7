import * as z from "zod/mini";
import { encodeJsonBody } from "../channel.ts";
import { chatFields, createChatChannel } from "../chat/chat-channel.ts";
import { formatPlainTeamsMessage, formatTeamsMessage } from "./message.ts";
import { teamsVerdict } from "./verdict.ts";

/**
 * Teams refuses a message of more than 28 kB, and only after the workflow has accepted the message. The workflow makes
 * the message about 18 % larger. The limit leaves a margin for both.
 * https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
 */
const MAX_BODY_BYTES = 21_900;

/**
 * The channel for a workflow of Microsoft Teams. The config field `mention` is the email address or the object ID of a
 * user.
 */
export const teamsChannel = createChatChannel({
  target: z.strictObject({ kind: z.literal("teams"), ...chatFields }),
  rateLimit: { messages: 4, windowMs: 1000 },
  render: formatTeamsMessage,
  renderPlain: formatPlainTeamsMessage,
  isWithinLimits: (payload) => encodeJsonBody(payload).length <= MAX_BODY_BYTES,
  ownVerdictOf: teamsVerdict,
});

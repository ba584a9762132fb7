import * as z from "zod/mini";
import * as verdict from "../attempt-verdict.ts";
import { encodeJsonBody } from "../channel.ts";
import { chatFields, createChatChannel } from "../chat/chat-channel.ts";
import { formatTeamsMessage } from "./message.ts";

/** https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using */
const MAX_BODY_BYTES = 28_000;

/**
 * If a call by Teams to a different server failed, Teams responds with the HTTP status 200 and a body that contains
 * this text.
 */
const FAILURE_TEXT = /delivery failed|returned HTTP error|request failed/i;
const THROTTLE_TEXT = /HTTP error 429/i;

const ErrorBody = z.object({ error: z.union([z.string(), z.object({})]) });

/**
 * The channel for a workflow of Microsoft Teams. The config field `mention` is the email address or the object ID of a
 * user.
 */
export const teamsChannel = createChatChannel({
  target: z.strictObject({ kind: z.literal("teams"), ...chatFields }),
  rateLimit: { messages: 4, windowMs: 1000 },
  render: formatTeamsMessage,
  isWithinLimits: (payload) => encodeJsonBody(payload).length <= MAX_BODY_BYTES,
  /**
   * A response with an HTTP status of success says only that the workflow accepted the request, so the reason of the
   * delivery attempt is `accepted`. The HTTP status 401 or 404 says that the workflow no longer exists, or that the
   * signature in the URL of the workflow is no longer valid.
   */
  verdictOf(answer, now) {
    const general = verdict.verdictOfCommonStatus(answer, now);
    if (general !== null) return general;
    const { status, body } = answer;
    if (status === 401 || status === 404) return verdict.gone;
    if (status === 403) return verdict.rejected("access_refused");
    if (!verdict.isSuccess(status)) return verdict.rejected("payload_refused");
    if (THROTTLE_TEXT.test(body)) return verdict.throttled(null);
    const hasFailed = FAILURE_TEXT.test(body) || verdict.parseJsonBody(ErrorBody, body) !== undefined;
    return hasFailed ? verdict.retry("receiver_busy") : verdict.delivered("accepted");
  },
});

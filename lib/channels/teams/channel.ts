import * as z from "zod/mini";
import { textSchema } from "../../domain/zod-fields.ts";
import * as verdict from "../attempt-verdict.ts";
import type { AttemptVerdict, ReceiverAnswer } from "../channel.ts";
import { chatFields, createChatChannel } from "../chat/chat-channel.ts";
import { formatHeadlineOnlyTeamsCard, formatTeamsMessage, isTeamsMessageWithinSizeLimit } from "./message.ts";

/**
 * The channel for a workflow of Microsoft Teams. In the config of a Teams target, `mention` is the email address or the
 * object ID of a user.
 */
export const teamsChannel = createChatChannel({
  target: z.lazy(() => z.strictObject({ kind: z.literal("teams"), ...chatFields })),
  rateLimit: { messages: 4, windowMs: 1000 },
  render: formatTeamsMessage,
  renderPlain: formatHeadlineOnlyTeamsCard,
  isWithinLimits: isTeamsMessageWithinSizeLimit,
  ownVerdictOf: teamsVerdict,
});

/**
 * Matches the text of a failure in a response of Teams. The server that receives a message sends it to a second server.
 * If the second server fails, the HTTP status is still 200.
 */
const FAILURE_TEXT = /delivery failed|returned HTTP error|request failed/i;
const THROTTLE_TEXT = /HTTP error 429/i;
/**
 * Matches the response if Teams refused the message because of its content or size. Teams may accept a simpler message.
 */
const REFUSAL_TEXT = /HTTP error (?:400|413)/i;

/** The response bodies of Teams after a success. A connector of Office 365 sends the body `1`. */
const SUCCESS_BODIES: ReadonlySet<string> = new Set(["", "1"]);

/** A response body that contains an error code of the workflow service, for example `WorkflowNotFound`. */
const ErrorBody = z.lazy(() =>
  z.object({ error: z.object({ code: textSchema(z.regex(/^[A-Z][A-Za-z0-9]+$/)) }) }),
);
const SWITCHED_OFF = "WorkflowTriggerIsNotEnabled";
const THROTTLE_CODE = /TooManyRequests|Throttl|RateLimit/i;

/**
 * Returns the verdict for a response of Teams. A success only means that the workflow accepted the message, so the
 * reason is `accepted`. An error with status 401 or 404 means that the workflow or its URL no longer exists. If the
 * response is not from Teams, the result is null.
 */
function teamsVerdict({ status, body }: ReceiverAnswer): AttemptVerdict | null {
  const text = body.trim();
  const code = verdict.parseJsonBodyIgnoringCase(ErrorBody, body)?.error.code;
  if (verdict.isSuccessStatus(status)) {
    if (THROTTLE_TEXT.test(body) || THROTTLE_CODE.test(code ?? ""))
      return verdict.retryThrottledWithoutSpendingAttempt(null);
    if (REFUSAL_TEXT.test(body)) return verdict.rejected("payload_refused");
    if (code !== undefined || FAILURE_TEXT.test(body)) return verdict.retryOnSchedule("receiver_busy");
    const isAccepted = status === 202 ? !text.startsWith("<") : status === 200 && SUCCESS_BODIES.has(text);
    return isAccepted ? verdict.delivered("accepted") : null;
  }
  if (code === undefined) return null;
  if (THROTTLE_CODE.test(code)) return verdict.retryThrottledWithoutSpendingAttempt(null);
  if (code === SWITCHED_OFF) return verdict.gone("target_disabled");
  if (status === 401 || status === 404) return verdict.gone();
  return verdict.rejected(status === 403 ? "access_refused" : "payload_refused");
}

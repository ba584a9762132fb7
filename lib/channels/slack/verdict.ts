import * as z from "zod/mini";
import type { Instant } from "../../domain/job.ts";
import {
  type AttemptVerdict,
  delivered,
  gone,
  isSuccess,
  parseBody,
  type ReceiverAnswer,
  rejected,
  statusVerdict,
  throttled,
} from "../attempt-verdict.ts";

/** Slack always names a wait. A 429 without one comes from something else, and one second is too short for it. */
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

/** The verdict on an answer of an incoming webhook. The body is `ok` or an error code, as text or as JSON. */
export function slackVerdict(answer: ReceiverAnswer, now: Instant): AttemptVerdict {
  const general = statusVerdict(answer, now);
  if (general?.reason === "throttled") return throttled(general.afterSeconds ?? DEFAULT_WAIT_SECONDS);
  if (general !== null) return general;
  const { status } = answer;
  const errorBody = parseBody(ErrorBody, answer.body);
  const error = errorBody?.error ?? answer.body.trim();
  if (GONE_ERRORS.has(error) || status === 404) return gone;
  if (error.startsWith("invalid_blocks")) return rejected("invalid_blocks");
  if (isSuccess(status)) {
    if (errorBody === undefined && !isErrorCode(error)) return delivered();
    const isRateLimited = error === "rate_limited" || error === "ratelimited";
    return isRateLimited ? throttled(DEFAULT_WAIT_SECONDS) : rejected("payload_refused");
  }
  return rejected(status === 401 || status === 403 ? "access_refused" : "payload_refused");
}

const isErrorCode = (text: string): boolean => /^(invalid|no|missing|too)_[a-z_]+$/.test(text);

import * as z from "zod/mini";
import type { Instant } from "../../domain/job.ts";
import { readJson } from "../read-json.ts";
import type { Judgement } from "../reasons.ts";
import { type Answer, isSuccess, judgeStatus } from "../status-verdict.ts";
import { delivered, gone, rejected, throttled } from "../verdicts.ts";

/** Slack always names a wait. Without one something else throttles, and a second is too soon. */
const UNNAMED_WAIT_SECONDS = 60;

/** https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks#handling_errors */
const GONE: ReadonlySet<string> = new Set([
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

const Refusal = z.object({ ok: z.literal(false), error: z._default(z.string(), "") });

/** Judges the answer of a Slack incoming webhook: plain text, an error code alone in the body. */
export function judgeSlack(answer: Answer, now: Instant): Judgement {
  const general = judgeStatus(answer, now);
  if (general?.reason === "throttled") return throttled(general.afterSeconds ?? UNNAMED_WAIT_SECONDS);
  if (general !== null) return general;
  const refusal = Refusal.safeParse(readJson(answer.body));
  const error = refusal.success ? refusal.data.error : answer.body.trim();
  if (GONE.has(error) || answer.status === 404) return gone;
  if (error.startsWith("invalid_blocks")) return rejected("invalid_blocks");
  if (isSuccess(answer.status)) return refusal.success || isErrorCode(error) ? refuse(error) : delivered();
  return answer.status === 401 || answer.status === 403
    ? rejected("access_refused")
    : rejected("payload_refused");
}

const isErrorCode = (text: string): boolean => /^(invalid|no|missing|too)_[a-z_]+$/.test(text);

function refuse(error: string): Judgement {
  return error === "rate_limited" || error === "ratelimited"
    ? throttled(UNNAMED_WAIT_SECONDS)
    : rejected("payload_refused");
}

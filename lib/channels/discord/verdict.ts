import * as z from "zod/mini";
import type { Instant } from "../../domain/job.ts";
import { wholeSeconds } from "../../http/retry-after.ts";
import * as verdict from "../attempt-verdict.ts";
import type { AttemptVerdict, ReceiverAnswer } from "../channel.ts";

const RateLimitBody = z.object({ retry_after: z.number().check(z.minimum(0)) });

/**
 * The verdict on an answer of a Discord webhook. A 429 names its wait in the header, in whole seconds, and in the body,
 * with a fraction. The header wins. https://discord.com/developers/docs/topics/rate-limits
 */
export function discordVerdict(answer: ReceiverAnswer, now: Instant): AttemptVerdict {
  const general = verdict.statusVerdict(answer, now);
  if (general?.reason === "throttled") {
    return verdict.throttled(general.afterSeconds ?? waitSecondsIn(answer.body));
  }
  if (general !== null) return general;
  const { status } = answer;
  if (verdict.isSuccess(status)) return verdict.delivered();
  if (status === 401 || status === 404) return verdict.gone;
  if (status === 403) return verdict.rejected("access_refused");
  return verdict.rejected("payload_refused");
}

function waitSecondsIn(body: string): number | null {
  const seconds = verdict.parseBody(RateLimitBody, body)?.retry_after;
  return seconds === undefined ? null : wholeSeconds(seconds);
}

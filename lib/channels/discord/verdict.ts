import * as z from "zod/mini";
import type { Instant } from "../../domain/job.ts";
import { wholeSeconds } from "../../http/retry-after.ts";
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

const RateLimitBody = z.object({ retry_after: z.number().check(z.minimum(0)) });

/**
 * The verdict on an answer of a Discord webhook. A 429 names its wait in the header, in whole seconds, and in the body,
 * with a fraction. The header wins. https://discord.com/developers/docs/topics/rate-limits
 */
export function discordVerdict(answer: ReceiverAnswer, now: Instant): AttemptVerdict {
  const general = statusVerdict(answer, now);
  if (general?.reason === "throttled") return throttled(general.afterSeconds ?? waitInBody(answer.body));
  if (general !== null) return general;
  const { status } = answer;
  if (isSuccess(status)) return delivered();
  if (status === 401 || status === 404) return gone;
  return rejected(status === 403 ? "access_refused" : "payload_refused");
}

function waitInBody(body: string): number | null {
  const seconds = parseBody(RateLimitBody, body)?.retry_after;
  return seconds === undefined ? null : wholeSeconds(seconds);
}

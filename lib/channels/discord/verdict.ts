import * as z from "zod/mini";
import type { Instant } from "../../domain/job.ts";
import { wholeSeconds } from "../../http/retry-after.ts";
import { readJson } from "../read-json.ts";
import type { Judgement } from "../reasons.ts";
import { type Answer, isSuccess, judgeStatus } from "../status-verdict.ts";
import { delivered, gone, rejected, throttled } from "../verdicts.ts";

const RateLimited = z.object({ retry_after: z.number().check(z.minimum(0)) });

/**
 * Judges the answer of a Discord webhook. A 429 names its wait twice: in whole seconds in the header, with a
 * fraction in the body; the header wins. https://discord.com/developers/docs/topics/rate-limits
 */
export function judgeDiscord(answer: Answer, now: Instant): Judgement {
  const general = judgeStatus(answer, now);
  if (general?.reason === "throttled") return throttled(general.afterSeconds ?? waitOfBody(answer.body));
  if (general !== null) return general;
  if (isSuccess(answer.status)) return delivered();
  if (answer.status === 401 || answer.status === 404) return gone;
  return rejected(answer.status === 403 ? "access_refused" : "payload_refused");
}

function waitOfBody(body: string): number | null {
  const limited = RateLimited.safeParse(readJson(body));
  return limited.success ? wholeSeconds(limited.data.retry_after) : null;
}

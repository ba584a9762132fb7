import type { Instant } from "../../domain/job.ts";
import { readRetryAfter } from "../../http/retry-after.ts";
import type { Judgement } from "../reasons.ts";
import { type Answer, isSuccess, judgeStatus } from "../status-verdict.ts";
import { again, delivered, rejected } from "../verdicts.ts";

/**
 * Standard Webhooks: any 2xx is a delivery, 410 switches the endpoint off, all else is tried again, because a
 * receiver in the middle of a deployment answers 404 and 401 too. 501 is the one promise never to understand.
 */
export function judgeWebhook(answer: Answer, now: Instant): Judgement {
  if (isSuccess(answer.status)) return delivered();
  if (answer.status === 501) return rejected("not_implemented");
  return (
    judgeStatus(answer, now) ?? again("client_error", readRetryAfter(answer.headers["retry-after"], now))
  );
}

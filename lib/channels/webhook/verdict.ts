import type { Instant } from "../../domain/job.ts";
import { readRetryAfter } from "../../http/retry-after.ts";
import * as verdict from "../attempt-verdict.ts";
import type { AttemptVerdict, ReceiverAnswer } from "../channel.ts";

/**
 * The verdict on an answer of a webhook. By Standard Webhooks every 2xx is a delivery, and 410 switches the target off.
 * Other 4xx are sent again, because a receiver may answer 401 or 404 while it is deployed. 501 is final.
 */
export function webhookVerdict(answer: ReceiverAnswer, now: Instant): AttemptVerdict {
  const { status, headers } = answer;
  if (verdict.isSuccess(status)) return verdict.delivered();
  if (status === 501) return verdict.rejected("not_implemented");
  const general = verdict.statusVerdict(answer, now);
  if (general !== null) return general;
  return verdict.retry("client_error", readRetryAfter(headers["retry-after"], now));
}

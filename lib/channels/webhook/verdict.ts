import type { Instant } from "../../domain/job.ts";
import { readRetryAfter } from "../../http/retry-after.ts";
import {
  type AttemptVerdict,
  delivered,
  isSuccess,
  type ReceiverAnswer,
  rejected,
  retry,
  statusVerdict,
} from "../attempt-verdict.ts";

/**
 * The verdict on an answer of a webhook. By Standard Webhooks every 2xx is a delivery, and 410 switches the target off.
 * Other 4xx are sent again, because a receiver may answer 401 or 404 while it is deployed. 501 is final.
 */
export function webhookVerdict(answer: ReceiverAnswer, now: Instant): AttemptVerdict {
  if (isSuccess(answer.status)) return delivered();
  if (answer.status === 501) return rejected("not_implemented");
  const general = statusVerdict(answer, now);
  return general ?? retry("client_error", readRetryAfter(answer.headers["retry-after"], now));
}

import type { Instant } from "../domain/job.ts";
import { readRetryAfter } from "../http/retry-after.ts";
import type { Judgement, Reply } from "./reasons.ts";
import { again, gone, rejected, throttled } from "./verdicts.ts";

/** A reply whose status line arrived. */
export interface Answer extends Reply {
  readonly status: number;
}

export const isSuccess = (status: number): boolean => status >= 200 && status < 300;

/**
 * What a status means at every kind before its own rules are asked: redirects are never followed, 429 is no
 * failure, 5xx and the two "not now" of 4xx are tried again, 410 is for good (RFC 9110, section 15). Null where
 * the kind decides.
 */
export function judgeStatus(answer: Answer, now: Instant): Judgement | null {
  const { status } = answer;
  const after = () => readRetryAfter(answer.headers["retry-after"], now);
  if (status === 429) return throttled(after());
  if (status === 410) return gone;
  if (status === 408 || status === 425) return again("client_error", after());
  if (status >= 500) return again("server_error", after());
  if (status >= 300 && status < 400) return rejected("redirect_refused");
  if (status < 200) return again("unexpected_status");
  return null;
}

import * as z from "zod/mini";
import type { Instant } from "../../domain/job.ts";
import * as verdict from "../attempt-verdict.ts";
import type { AttemptVerdict, ReceiverAnswer } from "../channel.ts";

/** An answer 200 may report the failure of a call that Teams made itself. */
const FAILURE_TEXT = /delivery failed|returned HTTP error|request failed/i;
const THROTTLE_TEXT = /HTTP error 429/i;

const ErrorBody = z.object({ error: z.union([z.string(), z.object({})]) });

/**
 * The verdict on an answer of a Teams workflow. A success only says that the workflow accepted the request, hence
 * `accepted`. 401 and 404 say that the workflow, or the signature in its URL, no longer exists.
 */
export function teamsVerdict(answer: ReceiverAnswer, now: Instant): AttemptVerdict {
  const general = verdict.statusVerdict(answer, now);
  if (general !== null) return general;
  const { status, body } = answer;
  if (status === 401 || status === 404) return verdict.gone;
  if (status === 403) return verdict.rejected("access_refused");
  if (!verdict.isSuccess(status)) return verdict.rejected("payload_refused");
  if (THROTTLE_TEXT.test(body)) return verdict.throttled(null);
  if (FAILURE_TEXT.test(body)) return verdict.retry("receiver_busy");
  if (verdict.parseBody(ErrorBody, body) !== undefined) return verdict.retry("receiver_busy");
  return verdict.delivered("accepted");
}

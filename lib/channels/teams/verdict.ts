import * as z from "zod/mini";
import type { Instant } from "../../domain/job.ts";
import { readJson } from "../read-json.ts";
import type { Judgement } from "../reasons.ts";
import { type Answer, isSuccess, judgeStatus } from "../status-verdict.ts";
import { again, delivered, gone, rejected, throttled } from "../verdicts.ts";

/** A 200 of the connectors may carry the status their own call ended with. */
const FAILURE_TEXT = /delivery failed|returned HTTP error|request failed/i;
const THROTTLE_TEXT = /HTTP error 429/i;

const ErrorBody = z.object({ error: z.union([z.string(), z.object({})]) });

/**
 * Judges the answer of a Teams workflow. A success says only that the flow took the request, hence `accepted`;
 * 401 and 404 mean that the flow, or its URL's signature, is no more.
 */
export function judgeTeams(answer: Answer, now: Instant): Judgement {
  const general = judgeStatus(answer, now);
  if (general !== null) return general;
  if (answer.status === 401 || answer.status === 404) return gone;
  if (!isSuccess(answer.status))
    return rejected(answer.status === 403 ? "access_refused" : "payload_refused");
  if (THROTTLE_TEXT.test(answer.body)) return throttled(null);
  if (FAILURE_TEXT.test(answer.body) || ErrorBody.safeParse(readJson(answer.body)).success)
    return again("receiver_busy");
  return delivered("accepted");
}

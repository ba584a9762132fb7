import * as z from "zod/mini";
import { DeliveryState, Verdict } from "../domain/job.ts";
import { IsoTime, MaybeIsoTime, withDescription } from "../domain/zod-fields.ts";

const HttpStatus = withDescription(
  z.nullable(z.int()),
  "The HTTP status of the receiver's answer. Null means no answer.",
);

/** The schema allows any string, because a stored delivery attempt may have a reason from another release. */
export const Reason = withDescription(
  z.string(),
  "The reason for the verdict: one of these values, or a value of another release.",
);

/** One delivery attempt in the history of a delivery. */
export const AttemptDocument = z.object({
  at: IsoTime,
  verdict: Verdict,
  status: HttpStatus,
  reason: Reason,
  durationMs: z.number(),
  answer: withDescription(
    z.string(),
    "The first 200 characters of the receiver's answer, with masked secrets.",
  ),
});
export type AttemptDocument = z.infer<typeof AttemptDocument>;

/** The delivery of a watch's notification to one target. */
export const DeliveryDocument = z.object({
  target: z.string(),
  state: DeliveryState,
  attempts: withDescription(
    z.int().check(z.minimum(0)),
    "The number of attempts. An attempt that was answered with 429 does not count.",
  ),
  lastStatus: HttpStatus,
  lastReason: z.nullable(Reason),
  at: withDescription(z.nullable(IsoTime), "The time of the latest attempt."),
  nextAttemptAt: MaybeIsoTime,
  history: z.array(AttemptDocument),
});
export type DeliveryDocument = z.infer<typeof DeliveryDocument>;

/** The result of one test delivery to a target. */
export const TestResult = z.object({
  target: z.string(),
  verdict: Verdict,
  status: HttpStatus,
  reason: Reason,
});
export type TestResult = z.infer<typeof TestResult>;

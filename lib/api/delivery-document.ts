import * as z from "zod/mini";
import { DeliveryState, Verdict } from "../domain/job.ts";
import { IsoTime, MaybeIsoTime, withDescription } from "../domain/zod-fields.ts";

const HttpStatus = withDescription(
  z.nullable(z.int()),
  "The HTTP status of the receiver's response. Null means that the receiver did not respond.",
);

/** The schema of a failure reason allows any string, because another release may have stored the delivery attempt. */
export const Reason = withDescription(
  z.string(),
  "The reason for the verdict. The value is in this list or comes from another release of the service.",
);

/** One attempt to send a notification to a target. */
export const AttemptDocument = z.object({
  at: IsoTime,
  verdict: Verdict,
  status: HttpStatus,
  reason: Reason,
  durationMs: z.number(),
  answer: withDescription(
    z.string(),
    "The first 200 characters of the receiver's response. Secrets are masked.",
  ),
});
export type AttemptDocument = z.infer<typeof AttemptDocument>;

/** The delivery of the notification about one job to one target. */
export const DeliveryDocument = z.object({
  target: z.string(),
  state: DeliveryState,
  attempts: withDescription(
    z.int().check(z.minimum(0)),
    "The number of delivery attempts. Attempts that exceeded a rate limit of the receiver do not count. The first attempt with the verdict `gone` does not count either, because the service asks again after a minute.",
  ),
  lastStatus: HttpStatus,
  lastReason: z.nullable(Reason),
  at: withDescription(z.nullable(IsoTime), "The time of the latest delivery attempt."),
  nextAttemptAt: MaybeIsoTime,
  history: z.array(AttemptDocument),
});
export type DeliveryDocument = z.infer<typeof DeliveryDocument>;

/** The result of one test message to a target. */
export const TestResult = z.object({
  target: z.string(),
  verdict: Verdict,
  status: HttpStatus,
  reason: Reason,
});
export type TestResult = z.infer<typeof TestResult>;

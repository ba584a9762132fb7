import * as z from "zod/mini";
import { CauseInTree, Failure } from "../domain/cause.ts";
import { Context } from "../domain/context-and-labels.ts";
import { DeliveryState, JobState, SubJobCounts, Verdict, WatchState } from "../domain/job.ts";
import { Ready } from "../domain/ready.ts";
import {
  Count,
  IsoTime,
  integerSchema,
  MaybeIsoTime,
  MaybeText,
  withDescription,
} from "../domain/zod-fields.ts";
import { Expected } from "../schedule/expected-duration.ts";

const HttpStatus = withDescription(
  z.nullable(z.int()),
  "The HTTP status of the receiver's response. Null means that the receiver did not respond.",
);

/** Any string is allowed, because a newer or older release may have stored the delivery attempt. */
export const Reason = withDescription(
  z.string(),
  "The reason for the verdict. The value is in this list or comes from another release of the service.",
);

/** One attempt to deliver a notification, as the API returns it. */
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

/** The deliveries of one notification to a target, as the API returns them. */
export const DeliveryDocument = z.object({
  target: z.string(),
  event: withDescription(
    z.nullable(z.string()),
    "The type of the event: `job.` and the outcome, `job.slow`, or `jobs.digest`. Null as long as the watch has no outcome.",
  ),
  state: DeliveryState,
  reason: withDescription(
    z.nullable(Reason),
    "The reason of the latest delivery attempt. The field `lastReason` has the same value.",
  ),
  attempts: withDescription(
    integerSchema(z.minimum(0)),
    "The number of delivery attempts. Attempts that exceeded a rate limit of the receiver do not count. The first attempt with the verdict `gone` does not count either, because the service asks again after a minute.",
  ),
  lastStatus: HttpStatus,
  lastReason: z.nullable(Reason),
  at: withDescription(z.nullable(IsoTime), "The time of the latest delivery attempt."),
  nextAttemptAt: MaybeIsoTime,
  history: z.array(AttemptDocument),
});
export type DeliveryDocument = z.infer<typeof DeliveryDocument>;

/** The result of a test message to a target. */
export const TestResult = z.object({
  target: z.string(),
  verdict: Verdict,
  status: HttpStatus,
  reason: Reason,
});
export type TestResult = z.infer<typeof TestResult>;

/** A job or subjob as the API returns it. Times are texts in the format ISO 8601. */
export const JobDocument = z.object({
  jobId: MaybeText,
  type: MaybeText,
  phase: MaybeText,
  state: JobState,
  reason: MaybeText,
  hint: MaybeText,
  clusterId: MaybeText,
  resourceId: MaybeText,
  resourceName: MaybeText,
  createdAt: MaybeIsoTime,
  updatedAt: MaybeIsoTime,
  get subJobs() {
    return z.array(JobDocument);
  },
  omitted: withDescription(
    z.optional(SubJobCounts),
    "The counts of omitted subjobs on all levels below this job. Subjobs are omitted when the tree of subjobs is too large.",
  ),
  omittedLeafSubJobs: withDescription(
    z.optional(SubJobCounts),
    "The counts of omitted subjobs as `leafSubJobs` counts them.",
  ),
});
export type JobDocument = z.infer<typeof JobDocument>;

/** The response body of `GET /v1/jobs/{project}/{jobId}`. The status page of the job shows the same data. */
export const StatusDocument = z.object({
  project: z.string(),
  region: MaybeText,
  jobId: z.string(),
  state: WatchState,
  done: z.boolean(),
  phase: MaybeText,
  type: MaybeText,
  reason: MaybeText,
  clusterId: MaybeText,
  resourceId: MaybeText,
  resourceName: MaybeText,
  failures: z.array(Failure),
  failuresOmitted: Count,
  causes: z.array(CauseInTree),
  causesOmitted: Count,
  subJobs: SubJobCounts,
  leafSubJobs: withDescription(
    SubJobCounts,
    "The number of subjobs in each state without their parents. A parent counts only if it is pending or failed and no subjob below it is in the same state. The pages and the command show these numbers.",
  ),
  warnings: z.array(z.string()),
  createdAt: MaybeIsoTime,
  updatedAt: MaybeIsoTime,
  durationSeconds: z.nullable(z.number()),
  polls: Count,
  polledAt: withDescription(z.array(IsoTime), "The times of the latest polls, oldest first."),
  nextPollAt: MaybeIsoTime,
  lagSeconds: withDescription(
    z.nullable(z.number()),
    "The number of seconds between the end of the job and the poll that found the end. The cloud reports the time of the end.",
  ),
  lastPollError: withDescription(
    z.nullable(z.string()),
    "The reason why the latest polls got no data about the job. Null if the latest poll saw the end of the job.",
  ),
  acceptedAt: IsoTime,
  deadlineAt: IsoTime,
  concludedAt: MaybeIsoTime,
  context: Context,
  deliveries: z.array(DeliveryDocument),
  job: z.nullable(JobDocument),
  expected: withDescription(
    z.optional(Expected),
    "How long jobs of this type usually take, while the watch waits for the end of the job. Absent if no job of the type has ended.",
  ),
  ready: withDescription(
    z.optional(Ready),
    'Whether the resource of the succeeded job is usable. Only a watch with `until: "ready"` has this field, after the success of its job.',
  ),
});
export type StatusDocument = z.infer<typeof StatusDocument>;

import * as z from "zod/mini";
import { Context } from "../domain/context.ts";
import { Failure } from "../domain/failures.ts";
import { DeliveryState, type Job, SubJobCounts, Verdict, WatchState } from "../domain/job.ts";
import { Count, IsoTime, MaybeIsoTime, MaybeText } from "../domain/zod-fields.ts";

const HttpStatus = z.nullable(z.int());

/** Why an attempt ended as it did. An answer may be older than the list in force, so it is read as any text. */
export const Reason = z.string().register(z.globalRegistry, {
  description: "Why an attempt ended as it did: one of these, or one of another release.",
});

/** A job or subjob as the API and the page show it: `Job` with ISO 8601 times. */
export const JobDocument = z.object({
  jobId: MaybeText,
  type: MaybeText,
  phase: MaybeText,
  state: z.enum(["pending", "succeeded", "failed"] satisfies Job["state"][]),
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
  omitted: z.optional(SubJobCounts).register(z.globalRegistry, {
    description: "Subjobs, and all below them, that do not stand here because the tree would be too large.",
  }),
});
export type JobDocument = z.infer<typeof JobDocument>;

export const AttemptDocument = z.object({
  at: IsoTime,
  verdict: Verdict,
  status: HttpStatus,
  reason: Reason,
  durationMs: z.number(),
  answer: z.string().register(z.globalRegistry, {
    description: "The first 200 characters of the receiver's answer, secrets masked.",
  }),
});
export type AttemptDocument = z.infer<typeof AttemptDocument>;

export const DeliveryDocument = z.object({
  target: z.string(),
  state: DeliveryState,
  attempts: z
    .int()
    .check(z.minimum(0))
    .register(z.globalRegistry, { description: "Attempts spent; waiting out a 429 spends none." }),
  lastStatus: HttpStatus,
  lastReason: z.nullable(Reason),
  at: z.nullable(IsoTime).register(z.globalRegistry, { description: "When the latest attempt was made." }),
  nextAttemptAt: MaybeIsoTime,
  history: z.array(AttemptDocument),
});
export type DeliveryDocument = z.infer<typeof DeliveryDocument>;

/** What `GET /v1/jobs/{project}/{jobId}` answers and the status page shows. */
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
  subJobs: SubJobCounts,
  warnings: z.array(z.string()),
  createdAt: MaybeIsoTime,
  updatedAt: MaybeIsoTime,
  durationSeconds: z.nullable(z.number()),
  polls: Count,
  polledAt: z
    .array(IsoTime)
    .register(z.globalRegistry, { description: "When the latest polls happened, oldest first." }),
  nextPollAt: MaybeIsoTime,
  lagSeconds: z.nullable(z.number()).register(z.globalRegistry, {
    description: "From the job's end, by the cloud's own time, to the poll that saw it.",
  }),
  lastPollError: z
    .nullable(z.string())
    .register(z.globalRegistry, { description: "Why polls bring no job at the moment, in words." }),
  acceptedAt: IsoTime,
  deadlineAt: IsoTime,
  concludedAt: MaybeIsoTime,
  context: Context,
  deliveries: z.array(DeliveryDocument),
  job: z.nullable(JobDocument),
});
export type StatusDocument = z.infer<typeof StatusDocument>;

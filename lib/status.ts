import * as z from "zod";
import { Failure, SubJobCounts } from "./conclusion.ts";
import { Context, DeliveryState, type Job, Outcome, Verdict } from "./job.ts";

const Text = z.string().nullable();
const IsoTime = z.iso.datetime();

/** A job or subjob as the API and the page show it: `Job` with ISO 8601 times. */
export const JobDocument = z.object({
  jobId: Text,
  type: Text,
  phase: Text,
  state: z.enum(["pending", "succeeded", "failed"] satisfies Job["state"][]),
  reason: Text,
  hint: Text,
  clusterId: Text,
  resourceId: Text,
  resourceName: Text,
  createdAt: IsoTime.nullable(),
  updatedAt: IsoTime.nullable(),
  get subJobs() {
    return z.array(JobDocument);
  },
});
export type JobDocument = z.infer<typeof JobDocument>;

export const AttemptDocument = z.object({
  at: IsoTime,
  verdict: Verdict,
  status: z.int().nullable(),
  reason: z.string(),
  durationMs: z.number(),
  answer: z
    .string()
    .meta({ description: "The first 200 characters of the receiver's answer, secrets masked." }),
});
export type AttemptDocument = z.infer<typeof AttemptDocument>;

export const DeliveryDocument = z.object({
  target: z.string(),
  state: DeliveryState,
  attempts: z.int().min(0).meta({ description: "Attempts spent; waiting out a 429 spends none." }),
  lastStatus: z.int().nullable(),
  lastReason: Text,
  at: IsoTime.nullable().meta({ description: "When the latest attempt was made." }),
  nextAttemptAt: IsoTime.nullable(),
  history: z.array(AttemptDocument),
});
export type DeliveryDocument = z.infer<typeof DeliveryDocument>;

/** What `GET /v1/jobs/{project}/{jobId}` answers and the status page shows. */
export const StatusDocument = z.object({
  project: z.string(),
  region: Text,
  jobId: z.string(),
  state: z.union([z.literal("watching"), z.literal("stopped"), Outcome]),
  done: z.boolean(),
  phase: Text,
  type: Text,
  reason: Text,
  clusterId: Text,
  resourceId: Text,
  resourceName: Text,
  failures: z.array(Failure),
  subJobs: SubJobCounts,
  warnings: z.array(z.string()),
  createdAt: IsoTime.nullable(),
  updatedAt: IsoTime.nullable(),
  durationSeconds: z.number().nullable(),
  looks: z.int().min(0),
  lookedAt: z.array(IsoTime).meta({ description: "When the latest looks happened, oldest first." }),
  nextLookAt: IsoTime.nullable(),
  lagSeconds: z
    .number()
    .nullable()
    .meta({ description: "From the job's end, by the cloud's own time, to the look that saw it." }),
  trouble: Text.meta({ description: "Why looks bring no job at the moment, in words." }),
  acceptedAt: IsoTime,
  deadlineAt: IsoTime,
  concludedAt: IsoTime.nullable(),
  context: Context,
  deliveries: z.array(DeliveryDocument),
  job: JobDocument.nullable(),
});
export type StatusDocument = z.infer<typeof StatusDocument>;

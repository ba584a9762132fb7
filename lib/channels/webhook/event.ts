import * as z from "zod/mini";
import { Cause, Failure } from "../../domain/cause.ts";
import { Context } from "../../domain/context-and-labels.ts";
import { OUTCOMES, Outcome, SubJobCounts } from "../../domain/job.ts";
import { Ready } from "../../domain/ready.ts";
import { SlowJobFields } from "../../domain/slow-summary.ts";
import {
  Count,
  IsoTime,
  MaybeIsoTime,
  MaybeText,
  numberSchema,
  registerKeywords,
  unwrapLazy,
} from "../../domain/zod-fields.ts";

const Seconds = z.nullable(numberSchema(z.minimum(0)));

/** The data of a webhook event about the outcome of a job. All times are texts in the format ISO 8601. */
export const JobEventData = z.object({
  project: z.string(),
  region: MaybeText,
  jobId: z.string(),
  jobType: MaybeText,
  outcome: Outcome,
  phase: MaybeText,
  reason: MaybeText,
  clusterId: MaybeText,
  resourceId: MaybeText,
  resourceName: MaybeText,
  failures: z.array(Failure),
  failuresOmitted: Count,
  causes: z.array(Cause),
  causesOmitted: Count,
  subJobs: SubJobCounts,
  warnings: z.array(z.string()),
  createdAt: MaybeIsoTime,
  updatedAt: MaybeIsoTime,
  durationSeconds: Seconds,
  watch: z.object({ acceptedAt: IsoTime, concludedAt: IsoTime, polls: Count, lagSeconds: Seconds }),
  context: Context,
  statusUrl: MaybeText,
  ready: z.optional(Ready),
});

/**
 * The webhook event about the end of one job. The specification Standard Webhooks defines the fields `type`,
 * `timestamp` and `data`.
 */
export const JobEvent = registerKeywords(
  z.object({
    type: z.enum(OUTCOMES.map((outcome) => `job.${outcome}` as const)),
    timestamp: registerKeywords(z.iso.datetime(), { description: "The time when the watch ended." }),
    data: JobEventData,
  }),
  { title: "How a job ended" },
);
export type JobEvent = z.infer<typeof JobEvent>;

/** The data of a webhook event about a slow job. All times are texts in the format ISO 8601. */
export const SlowEventData = z.extend(unwrapLazy(SlowJobFields), {
  createdAt: MaybeIsoTime,
  updatedAt: MaybeIsoTime,
  watch: z.object({ acceptedAt: IsoTime, polledAt: IsoTime, polls: Count }),
  statusUrl: MaybeText,
});

/** The webhook event about a running job that takes longer than 19 of 20 jobs of its type. */
export const SlowEvent = registerKeywords(
  z.object({
    type: z.literal("job.slow"),
    timestamp: registerKeywords(z.iso.datetime(), { description: "The time of the poll." }),
    data: SlowEventData,
  }),
  { title: "A job is slow" },
);
export type SlowEvent = z.infer<typeof SlowEvent>;

export const TestEvent = registerKeywords(
  z.object({ type: z.literal("target.test"), timestamp: IsoTime, data: z.object({ target: z.string() }) }),
  { title: "A test of this target" },
);

export const TargetGoneEvent = registerKeywords(
  z.object({
    type: z.literal("target.gone"),
    timestamp: IsoTime,
    data: z.object({ target: z.string(), since: IsoTime }),
  }),
  { title: "Another target is switched off" },
);

export const DigestEvent = registerKeywords(
  z.object({
    type: z.literal("jobs.digest"),
    timestamp: MaybeIsoTime,
    data: z.object({
      total: Count,
      jobs: z.array(z.object({ project: z.string(), jobId: z.string(), outcome: Outcome })),
    }),
  }),
  { title: "How all jobs of a digest ended" },
);

/** The schema of all webhook events. */
export const WebhookEvent = z.discriminatedUnion("type", [
  JobEvent,
  SlowEvent,
  TestEvent,
  TargetGoneEvent,
  DigestEvent,
]);
export type WebhookEvent = z.infer<typeof WebhookEvent>;

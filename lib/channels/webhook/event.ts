import * as z from "zod/mini";
import { Context } from "../../domain/context.ts";
import { Failure } from "../../domain/failures.ts";
import { OUTCOMES, Outcome, SubJobCounts } from "../../domain/job.ts";
import { Count, IsoTime, MaybeIsoTime, MaybeText } from "../../domain/zod-fields.ts";

const Seconds = z.nullable(z.number().check(z.minimum(0)));

/** The outcome summary as a webhook gets it, with ISO 8601 times. */
const JobEventData = z.object({
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
  subJobs: SubJobCounts,
  warnings: z.array(z.string()),
  createdAt: MaybeIsoTime,
  updatedAt: MaybeIsoTime,
  durationSeconds: Seconds,
  watch: z.object({ acceptedAt: IsoTime, concludedAt: IsoTime, polls: Count, lagSeconds: Seconds }),
  context: Context,
  statusUrl: MaybeText,
});

/** How a job ended, in the envelope of Standard Webhooks. */
export const JobEvent = z
  .object({
    type: z.enum(OUTCOMES.map((outcome) => `job.${outcome}` as const)),
    timestamp: z.iso.datetime().register(z.globalRegistry, { description: "When the watch concluded." }),
    data: JobEventData,
  })
  .register(z.globalRegistry, { title: "How a job ended" });
export type JobEvent = z.infer<typeof JobEvent>;

const TestEvent = z
  .object({ type: z.literal("target.test"), timestamp: IsoTime, data: z.object({ target: z.string() }) })
  .register(z.globalRegistry, { title: "A test of this target, asked for by an operator" });

const TargetGoneEvent = z
  .object({
    type: z.literal("target.gone"),
    timestamp: IsoTime,
    data: z.object({ target: z.string(), since: IsoTime }),
  })
  .register(z.globalRegistry, { title: "Another target takes no more notifications" });

const DigestEvent = z
  .object({
    type: z.literal("jobs.digest"),
    timestamp: MaybeIsoTime,
    data: z.object({
      total: Count,
      jobs: z.array(z.object({ project: z.string(), jobId: z.string(), outcome: Outcome })),
    }),
  })
  .register(z.globalRegistry, { title: "How the jobs of one call ended, in short" });

/** Everything that is posted to a webhook target. */
export const WebhookEvent = z.discriminatedUnion("type", [JobEvent, TestEvent, TargetGoneEvent, DigestEvent]);
export type WebhookEvent = z.infer<typeof WebhookEvent>;

/** The same as JSON Schema 2020-12. Events may grow by new fields, so other properties are not forbidden. */
export function eventSchema(): Readonly<Record<string, unknown>> {
  const schema = z.toJSONSchema(WebhookEvent, {
    override: ({ jsonSchema }) => {
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
      if (jsonSchema.format === "date-time") delete jsonSchema.pattern;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
  return { title: "Events of the CCE job notifier", ...schema };
}

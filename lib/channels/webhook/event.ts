import * as z from "zod/mini";
import { Count } from "../../domain/fields.ts";
import { IsoTime, MaybeIsoTime } from "../../domain/iso-time.ts";
import { OUTCOMES, Outcome } from "../../domain/job.ts";
import { OutcomeSummary } from "../../domain/outcome-summary.ts";

/** How a job ended, in the envelope of Standard Webhooks. */
export const JobEvent = z
  .object({
    type: z.enum(OUTCOMES.map((outcome) => `job.${outcome}` as const)),
    timestamp: z.iso.datetime().register(z.globalRegistry, { description: "When the watch concluded." }),
    data: OutcomeSummary,
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

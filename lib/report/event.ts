import * as z from "zod";
import { Conclusion } from "../conclusion.ts";
import { OUTCOMES, Outcome } from "../job.ts";

const Time = z.iso.datetime();

/** How a job ended, in the envelope of Standard Webhooks. */
export const JobEvent = z
  .object({
    type: z.enum(OUTCOMES.map((outcome) => `job.${outcome}` as const)),
    timestamp: Time.meta({ description: "When the watch concluded." }),
    data: Conclusion,
  })
  .meta({ title: "How a job ended" });
export type JobEvent = z.infer<typeof JobEvent>;

const TestEvent = z
  .object({ type: z.literal("target.test"), timestamp: Time, data: z.object({ target: z.string() }) })
  .meta({ title: "A test of this target, asked for by an operator" });

const TargetGoneEvent = z
  .object({
    type: z.literal("target.gone"),
    timestamp: Time,
    data: z.object({ target: z.string(), since: Time }),
  })
  .meta({ title: "Another target takes no more notices" });

const DigestEvent = z
  .object({
    type: z.literal("jobs.digest"),
    timestamp: Time.nullable(),
    data: z.object({
      total: z.int().min(0),
      jobs: z.array(z.object({ project: z.string(), jobId: z.string(), outcome: Outcome })),
    }),
  })
  .meta({ title: "How the jobs of one call ended, in short" });

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

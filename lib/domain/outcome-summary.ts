import * as z from "zod/mini";
import { Context } from "./context.ts";
import { Count, MaybeText } from "./fields.ts";
import { Outcome } from "./job.ts";

const AnInstant = z.number();
const Seconds = z.nullable(z.number().check(z.minimum(0)));

/** One failed subjob. `path` runs from the job's type down to the subjob's own. */
export const Failure = z.object({
  path: z.array(z.string()).check(z.minLength(1)),
  jobId: MaybeText,
  resourceName: MaybeText,
  reason: z.nullable(z.string()).register(z.globalRegistry, {
    description: "The cloud's own words, verbatim; cut with … when longer than its share.",
  }),
  hint: z.nullable(z.string()).register(z.globalRegistry, {
    description: "One line of advice with a link, where the reason is a known one.",
  }),
});
export type Failure = z.infer<typeof Failure>;

export const SubJobCounts = z.object({
  total: Count,
  succeeded: Count,
  failed: Count,
  pending: Count,
});
export type SubJobCounts = z.infer<typeof SubJobCounts>;

/** How a watch ended, in full. The ledger stores it, and every notification is made from it. */
export const OutcomeSummary = z.object({
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
  createdAt: z.nullable(AnInstant),
  updatedAt: z.nullable(AnInstant),
  /** From `createdAt` to `updatedAt`. Null for a job that has not ended. */
  durationSeconds: Seconds,
  acceptedAt: AnInstant,
  concludedAt: AnInstant,
  polls: Count,
  /** From the end of the job, by the cloud's clock, to the poll that saw it. */
  lagSeconds: Seconds,
  context: Context,
  statusUrl: MaybeText,
});
export type OutcomeSummary = z.infer<typeof OutcomeSummary>;

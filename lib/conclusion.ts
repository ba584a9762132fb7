import * as z from "zod";
import { Context, Outcome } from "./job.ts";

const Text = z.string().nullable();
const IsoTime = z.iso.datetime();

/** One failed subjob. `path` runs from the job's type down to the subjob's own. */
export const Failure = z.object({
  path: z.array(z.string()).min(1),
  jobId: Text,
  resourceName: Text,
  reason: Text.meta({
    description: "The cloud's own words, verbatim; cut with … when longer than its share.",
  }),
  hint: Text.meta({ description: "One line of advice with a link, where the reason is a known one." }),
});
export type Failure = z.infer<typeof Failure>;

export const SubJobCounts = z.object({
  total: z.int().min(0),
  succeeded: z.int().min(0),
  failed: z.int().min(0),
  pending: z.int().min(0),
});
export type SubJobCounts = z.infer<typeof SubJobCounts>;

/** How a watch ended, in full: the `data` of the event, what every formatter formats and the ledger keeps. */
export const Conclusion = z.object({
  project: z.string(),
  region: Text,
  jobId: z.string(),
  jobType: Text,
  outcome: Outcome,
  phase: Text,
  reason: Text,
  clusterId: Text,
  resourceId: Text,
  resourceName: Text,
  failures: z.array(Failure),
  subJobs: SubJobCounts,
  warnings: z.array(z.string()),
  createdAt: IsoTime.nullable(),
  updatedAt: IsoTime.nullable(),
  durationSeconds: z.number().min(0).nullable(),
  watch: z.object({
    acceptedAt: IsoTime,
    concludedAt: IsoTime,
    looks: z.int().min(0),
    lagSeconds: z.number().min(0).nullable(),
  }),
  context: Context,
  statusUrl: Text,
});
export type Conclusion = z.infer<typeof Conclusion>;

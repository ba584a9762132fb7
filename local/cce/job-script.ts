import { randomUUID } from "node:crypto";
import * as z from "zod";

const Fields = z.strictObject({
  jobId: z.string().default(() => randomUUID()),
  type: z.string(),
  /** Offsets from when the job was added, in seconds of the script's own time. */
  startSeconds: z.number().min(0).default(0),
  /** Null: it never ends. */
  endSeconds: z.number().min(0).nullable(),
  outcome: z.enum(["Success", "Failed"]).default("Success"),
  reason: z.string().optional(),
  clusterId: z.string().optional(),
  resourceId: z.string().optional(),
  resourceName: z.string().optional(),
  /** Seen from its parent it shows neither reason nor children; a query of its own uid shows both. */
  shy: z.boolean().default(false),
});

/** How a job runs: a tree of subjobs, each with its start, its end and what becomes of it. */
export const JobScript = Fields.extend({
  get subJobs() {
    return z.array(JobScript).default([]);
  },
});
export type JobScript = z.infer<typeof JobScript>;
/** A script as it is written, with all that has a default left out. */
export type JobScriptInput = z.input<typeof JobScript>;

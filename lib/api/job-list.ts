import * as z from "zod/mini";
import { WatchState } from "../domain/job.ts";
import { Count, IsoTime, MaybeIsoTime, MaybeText } from "../domain/zod-fields.ts";

/** A watch in a list: what is known of it without reading its tree and its deliveries. */
export const ListedJob = z.object({
  project: z.string(),
  jobId: z.string(),
  state: WatchState,
  done: z.boolean(),
  phase: MaybeText,
  type: MaybeText,
  resourceName: MaybeText,
  polls: Count,
  acceptedAt: IsoTime,
  concludedAt: MaybeIsoTime,
  statusUrl: z.string(),
  pageUrl: MaybeText,
});
export type ListedJob = z.infer<typeof ListedJob>;

/** The answer of `GET /v1/jobs`, newest first. */
export const JobList = z.object({
  jobs: z.array(ListedJob),
  next: z.nullable(z.string()).register(z.globalRegistry, {
    description:
      "Hand back as `before` for what is older; null when nothing is. A page may hold fewer jobs than `limit`, even none, and still have a `next`.",
  }),
});
export type JobList = z.infer<typeof JobList>;

import * as z from "zod/mini";
import { Context, truncateContextForEvent } from "./context-and-labels.ts";
import { type Instant, type Job, SubJobCounts } from "./job.ts";
import {
  countAndGroupSubJobs,
  listInnermostRunning,
  listTypesFromRootTo,
  type TreeNode,
} from "./subjob-tree.ts";
import { truncate, truncateNullable } from "./truncate-text.ts";
import { Count, MaybeText, numberSchema, unwrapLazy } from "./zod-fields.ts";

const Seconds = numberSchema(z.minimum(0));

/** A running subjob of a slow job. */
export const RunningSubJob = z.lazy(() =>
  z.object({
    /** The job types on the way from the job down to the running subjob. */
    path: z.array(z.string()),
    resourceName: MaybeText,
    /** The seconds since the start of the running subjob. `ageSeconds` is null if CCE gives no valid start time. */
    ageSeconds: z.nullable(Seconds),
    /**
     * The median duration of ended subjobs of the same type, in seconds. If too few subjobs of the type have ended,
     * `usualSeconds` is null.
     */
    usualSeconds: z.nullable(Seconds),
  }),
);
export type RunningSubJob = z.infer<typeof RunningSubJob>;

/** The usual duration of jobs of one type, from the durations of ended jobs. */
export const UsualDuration = z.lazy(() =>
  z.object({
    /** The median duration of the ended jobs of the type, in seconds. */
    p50Seconds: Seconds,
    /** The duration in seconds that 19 of 20 ended jobs of the type did not exceed. */
    p95Seconds: Seconds,
    /** The number of ended jobs from which the service computed the usual duration. */
    fromJobs: Count,
  }),
);
export type UsualDuration = z.infer<typeof UsualDuration>;

/**
 * The fields that a slow job has both in the stored summary and in the webhook event. `SlowJobFields` contains no
 * times, because the summary and the event store times in different formats.
 */
export const SlowJobFields = z.lazy(() =>
  z.object({
    project: z.string(),
    region: MaybeText,
    jobId: z.string(),
    jobType: MaybeText,
    phase: MaybeText,
    clusterId: MaybeText,
    resourceId: MaybeText,
    resourceName: MaybeText,
    subJobs: SubJobCounts,
    /** The first five running subjobs that have no running subjobs themselves. */
    running: z.array(RunningSubJob),
    runningOmitted: Count,
    ageSeconds: Seconds,
    usual: UsualDuration,
    context: Context,
  }),
);

/**
 * A summary of a slow job, which takes longer than 19 of 20 jobs of its type. The ledger stores the summary of a slow
 * job.
 */
export const SlowSummary = z.lazy(() =>
  z.extend(unwrapLazy(SlowJobFields), {
    createdAt: z.nullable(z.number()),
    updatedAt: z.nullable(z.number()),
    acceptedAt: z.number(),
    /** The time of the poll that found the job slow. */
    polledAt: z.number(),
    polls: Count,
    /** The URL of the status page of the job, or null without a status page. */
    jobPageUrl: MaybeText,
  }),
);
export type SlowSummary = z.infer<typeof SlowSummary>;

const MAX_RUNNING = 5;
const NAME_CHARACTERS = 100;
const MAX_PATH = 10;

type SlowWatch = Pick<
  SlowSummary,
  "project" | "region" | "jobId" | "acceptedAt" | "polledAt" | "polls" | "context"
> &
  Pick<SlowSummary, "ageSeconds" | "usual" | "jobPageUrl">;

/**
 * Creates the summary of a slow job. Long texts are truncated, so that a webhook event with the summary has less than
 * 20 kB.
 */
export function summarizeAndTruncateSlowJob(
  watch: SlowWatch,
  job: Job,
  usualSeconds: (type: string) => number | null,
): SlowSummary {
  const { counts, pending } = countAndGroupSubJobs(job);
  const running = listInnermostRunning(pending);
  const name = (text: string | null) => truncateNullable(text, NAME_CHARACTERS);
  return {
    ...watch,
    context: truncateContextForEvent(watch.context).context,
    jobType: name(job.type),
    phase: name(job.phase),
    clusterId: name(job.clusterId),
    resourceId: name(job.resourceId),
    resourceName: name(job.resourceName),
    subJobs: counts,
    running: running.slice(0, MAX_RUNNING).map((node) => ({
      path: listTypesFromRootTo(node)
        .slice(-MAX_PATH)
        .map((type) => truncate(type, NAME_CHARACTERS)),
      resourceName: name(node.job.resourceName),
      ageSeconds: ageOf(node, watch.polledAt),
      usualSeconds: node.job.type === null ? null : usualSeconds(node.job.type),
    })),
    runningOmitted: Math.max(0, running.length - MAX_RUNNING),
    createdAt: job.createdAt,
    updatedAt: job.updatedAt,
  };
}

/**
 * Returns the seconds since the start of a subjob. If CCE returned no start time or an impossible start time, the
 * result is null.
 */
function ageOf({ job, parent }: TreeNode, now: Instant): number | null {
  const { createdAt } = job;
  if (createdAt === null || createdAt > now || createdAt < (parent?.job.createdAt ?? 0)) return null;
  return (now - createdAt) / 1000;
}

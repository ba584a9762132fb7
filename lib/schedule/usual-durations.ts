import * as z from "zod/mini";
import type { Job } from "../domain/job.ts";
import { collectSubJobsInAnyOrder } from "../domain/subjob-tree.ts";

/** With these limits, the durations of a job type fit into one small ledger item. */
const MAX_JOBS = 60;
const MAX_TYPES = 40;
const MAX_DURATIONS = 15;
const MAX_TYPE_CHARACTERS = 100;
/** The minimum number of ended subjobs from which a usual duration is computed. */
const MIN_DURATIONS = 5;

/** An ended job: the time of the poll that saw its end, and its duration. */
const EndedJob = z.object({ endedAt: z.number(), seconds: z.number() });
export type EndedJob = Readonly<z.infer<typeof EndedJob>>;

/** The latest ended jobs of a type, and the durations of their subjobs by subjob type. The oldest comes first. */
export const LatestDurations = z.object({
  jobs: z.array(EndedJob),
  subJobs: z.record(z.string(), z.array(z.number())),
});
export type LatestDurations = z.infer<typeof LatestDurations>;

export const NO_LATEST_DURATIONS: LatestDurations = { jobs: [], subJobs: {} };

/** The durations of one ended job. `job` is null if the duration of the job is unknown. */
export interface EndedDurations {
  readonly job: EndedJob | null;
  readonly subJobs: Readonly<Record<string, number>>;
}

/**
 * Returns the duration in seconds of the longest succeeded subjob of each type. Only the longest subjob counts, because
 * subjobs of the same type usually run in parallel.
 */
export function longestSucceededSubJobSecondsByType(job: Job): Readonly<Record<string, number>> {
  const longest = new Map<string, number>();
  for (const { type, state, createdAt, updatedAt } of collectSubJobsInAnyOrder(job)) {
    if (type === null || type.length > MAX_TYPE_CHARACTERS || state !== "succeeded") continue;
    if (createdAt === null || updatedAt === null || updatedAt < createdAt) continue;
    longest.set(type, Math.max(longest.get(type) ?? 0, Math.round((updatedAt - createdAt) / 1000)));
  }
  return Object.fromEntries(longest);
}

/** Adds the durations of one ended job to the durations of the latest jobs. */
export function appendDurationsAndDropOldest(
  known: LatestDurations,
  { job, subJobs }: EndedDurations,
): LatestDurations {
  const durations = new Map(Object.entries(known.subJobs));
  for (const [type, seconds] of Object.entries(subJobs)) {
    if (!durations.has(type) && durations.size >= MAX_TYPES) continue;
    durations.set(type, [...(durations.get(type) ?? []), seconds].slice(-MAX_DURATIONS));
  }
  return {
    jobs: [...known.jobs, ...(job === null ? [] : [job])].slice(-MAX_JOBS),
    subJobs: Object.fromEntries(durations),
  };
}

/**
 * Returns the median duration of a type of subjob, in seconds. The result is null if too few subjobs of the type have
 * ended.
 */
export function medianSubJobSecondsIfEnough({ subJobs }: LatestDurations, type: string): number | null {
  const durations = Object.hasOwn(subJobs, type) ? (subJobs[type] ?? []) : [];
  return durations.length < MIN_DURATIONS ? null : lowerMedianSeconds(durations);
}

/**
 * Returns the median of a list of durations. For an even number of durations, the lower of the two middle values is the
 * median.
 */
export function lowerMedianSeconds(durations: readonly number[]): number | null {
  return durations.toSorted((a, b) => a - b)[Math.floor((durations.length - 1) / 2)] ?? null;
}

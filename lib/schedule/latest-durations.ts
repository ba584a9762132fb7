import * as z from "zod/mini";
import type { Job } from "../domain/job.ts";
import { collectSubJobsInAnyOrder } from "../domain/subjob-tree.ts";

/** The maximum numbers keep the ledger item with the durations of a job type small. */
const MAX_JOBS = 60;
const MAX_TYPES = 40;
const MAX_DURATIONS = 15;
const MAX_TYPE_CHARACTERS = 100;
/** The minimum number of ended subjobs from which a usual duration is computed. */
const MIN_DURATIONS = 5;

/** `endedAt` is the time of the poll that detected the end of the job. `seconds` is the duration of the job. */
const EndedJob = z.lazy(() => z.object({ endedAt: z.number(), seconds: z.number() }));
export type EndedJob = Readonly<z.infer<typeof EndedJob>>;

/**
 * `jobs` contains the latest ended jobs of one type. `subJobs` contains durations by subjob type. The oldest durations
 * come first.
 */
export const LatestDurations = z.lazy(() =>
  z.object({
    jobs: z.array(EndedJob),
    subJobs: z.record(z.string(), z.array(z.number())),
  }),
);
export type LatestDurations = z.infer<typeof LatestDurations>;

export const NO_LATEST_DURATIONS: LatestDurations = { jobs: [], subJobs: {} };

/** The durations of one ended job. `job` is null for a job with an unknown duration. */
export interface EndedDurations {
  readonly job: EndedJob | null;
  readonly subJobs: Readonly<Record<string, number>>;
}

/**
 * Returns for each type the duration of the longest succeeded subjob, in seconds. Subjobs of the same type usually run
 * in parallel, so only the longest one is interesting.
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

/** Adds the durations of an ended job to the stored durations, and removes the oldest durations. */
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
 * Returns the median duration of a type of subjob, in seconds. If too few subjobs of the type have ended, the result is
 * null.
 */
export function medianSubJobSecondsIfEnough({ subJobs }: LatestDurations, type: string): number | null {
  const durations = Object.hasOwn(subJobs, type) ? (subJobs[type] ?? []) : [];
  return durations.length < MIN_DURATIONS ? null : lowerMedianSeconds(durations);
}

/**
 * Returns the median of a list of durations. If the number of durations is even, the result is the lower of the two
 * middle values.
 */
export function lowerMedianSeconds(durations: readonly number[]): number | null {
  return durations.toSorted((a, b) => a - b)[Math.floor((durations.length - 1) / 2)] ?? null;
}

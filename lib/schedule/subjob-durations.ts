import type { Job } from "../domain/job.ts";
import { collectAllSubJobs } from "../domain/subjob-tree.ts";

/** The latest durations of ended subjobs of one job type in seconds, by the type of the subjob, oldest first. */
export type SubJobDurations = Readonly<Record<string, readonly number[]>>;

/** The maximum numbers of types and of durations, so that the durations fit into one small item of the ledger. */
const MAX_TYPES = 40;
const MAX_DURATIONS = 15;
const MAX_TYPE_CHARACTERS = 100;
/** The number of ended subjobs from which the service says how long such a subjob usually takes. */
const MIN_DURATIONS = 5;

/**
 * Adds the durations of the succeeded subjobs of an ended job. Of each type, the longest subjob counts, because subjobs
 * of the same type usually run in parallel.
 */
export function addSubJobDurations(known: SubJobDurations, job: Job): SubJobDurations {
  const longest = new Map<string, number>();
  for (const { type, state, createdAt, updatedAt } of collectAllSubJobs(job)) {
    if (type === null || type.length > MAX_TYPE_CHARACTERS || state !== "succeeded") continue;
    if (createdAt === null || updatedAt === null || updatedAt < createdAt) continue;
    longest.set(type, Math.max(longest.get(type) ?? 0, Math.round((updatedAt - createdAt) / 1000)));
  }
  const durations = new Map(Object.entries(known));
  for (const [type, seconds] of longest) {
    if (!durations.has(type) && durations.size >= MAX_TYPES) continue;
    durations.set(type, [...(durations.get(type) ?? []), seconds].slice(-MAX_DURATIONS));
  }
  return Object.fromEntries(durations);
}

/** Returns the median duration of a type of subjob in seconds, or null if too few such subjobs have ended. */
export function usualSubJobSeconds(known: SubJobDurations, type: string): number | null {
  const durations = Object.hasOwn(known, type) ? (known[type] ?? []) : [];
  if (durations.length < MIN_DURATIONS) return null;
  return durations.toSorted((a, b) => a - b)[Math.floor((durations.length - 1) / 2)] ?? null;
}

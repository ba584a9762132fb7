import { unchangedSince } from "./change-point.ts";
import type { DurationCount } from "./durations.ts";

/** After half a year a job counts for half. */
const HALF_LIFE_DAYS = 182;

/**
 * What the jobs of each day weigh today: less with age, and as much less as it is likely that the distribution has
 * changed since.
 */
export function recencyWeights(
  durations: readonly DurationCount[],
  today: number,
): ReadonlyMap<number, number> {
  const days = [...Map.groupBy(durations, ({ day }) => day)].sort(([a], [b]) => a - b);
  const unchanged = unchangedSince(days.map(([, counts]) => counts));
  return new Map(
    days.map(([day], at) => [day, (unchanged[at] ?? 1) * 0.5 ** (Math.max(0, today - day) / HALF_LIFE_DAYS)]),
  );
}

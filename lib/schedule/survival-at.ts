import { BUCKETS, bucketPosition } from "./durations.ts";

/** The survival at an age in seconds; between the starts of two buckets it lies on the line through both. */
export function survivalAt(survival: Float64Array, age: number): number {
  const position = Math.min(BUCKETS, bucketPosition(age));
  const bucket = Math.min(BUCKETS - 1, Math.floor(position));
  const [before, after] = [survival[bucket] ?? 0, survival[bucket + 1] ?? 0];
  return before + (after - before) * (position - bucket);
}

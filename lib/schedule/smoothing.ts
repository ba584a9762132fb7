import { BUCKETS } from "./durations.ts";

/** Neighbours farther away than this are none: e³ times the duration, or the twentieth of it. */
const REMOTE = 150;

/**
 * Counts per bucket, each spread over its surroundings as a triangle. The triangle's half-width is as the square root
 * of the distance within which the nearest neighbours lie: narrow where jobs are many, wide in the tail (I. S.
 * Abramson, "On bandwidth variation in kernel estimates", Annals of Statistics 10, 1982). Few jobs in all are never
 * taken as certainty. `total` is their sum.
 */
export function smoothed(counts: Float64Array, total: number): Float64Array {
  const density = new Float64Array(BUCKETS);
  const neighbours = Math.min(total, 1 + 0.6 * total ** 0.7);
  const narrowest = 30 / Math.sqrt(total);
  for (const [bucket, count] of counts.entries()) {
    if (count === 0) continue;
    const reach = 3 * Math.sqrt(0.5 + distanceTo(neighbours, counts, bucket));
    spread(density, bucket, count, Math.max(narrowest, reach));
  }
  return density;
}

/** How many buckets to either side hold so many neighbours; in the last of them, as many as are needed. */
function distanceTo(neighbours: number, counts: Float64Array, bucket: number): number {
  let missing = neighbours - (counts[bucket] ?? 0);
  for (let distance = 1; missing > 0 && distance <= REMOTE; distance++) {
    const found = (counts[bucket - distance] ?? 0) + (counts[bucket + distance] ?? 0);
    if (found >= missing) return distance - 1 + missing / found;
    missing -= found;
  }
  return missing > 0 ? REMOTE : 0;
}

/** What would fall before the start is folded back. */
function spread(density: Float64Array, bucket: number, count: number, reach: number): void {
  const farthest = Math.floor(Math.min(reach, BUCKETS));
  const whole = (2 * farthest + 1) * (reach + 1) - farthest * (farthest + 1);
  for (let offset = -farthest; offset <= farthest; offset++) {
    const at = Math.min(BUCKETS - 1, Math.abs(bucket + offset));
    density[at] = (density[at] ?? 0) + (count * (reach + 1 - Math.abs(offset))) / whole;
  }
}

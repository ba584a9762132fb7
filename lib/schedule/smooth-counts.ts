import { BUCKETS } from "./duration-buckets.ts";

/** A job farther away than this is no neighbor: at 150 buckets the duration is e³ times as long, or a twentieth. */
const MAX_DISTANCE = 150;

/**
 * Spreads the jobs of each bucket over the buckets around it, as a triangle (kernel density estimate). A triangle is
 * narrow where many jobs ended and wide where few jobs ended: its half width grows with the square root of the
 * distance to the nearest jobs. So a few jobs never count as certainty.
 * Source: I. S. Abramson, "On bandwidth variation in kernel estimates", Annals of Statistics 10 (1982).
 * @param total the sum of all counts. The result has the same sum.
 */
export function smoothCounts(counts: Float64Array, total: number): Float64Array {
  const density = new Float64Array(BUCKETS);
  const nearestJobs = Math.min(total, 1 + 0.6 * total ** 0.7);
  const minHalfWidth = 30 / Math.sqrt(total);
  for (const [bucket, count] of counts.entries()) {
    if (count === 0) continue;
    const halfWidth = 3 * Math.sqrt(0.5 + distanceTo(nearestJobs, counts, bucket));
    addTriangle(density, bucket, count, Math.max(minHalfWidth, halfWidth));
  }
  return density;
}

/** Returns the distance, in buckets to either side, within which this many jobs ended. The last bucket counts in part. */
function distanceTo(jobs: number, counts: Float64Array, bucket: number): number {
  let missing = jobs - (counts[bucket] ?? 0);
  for (let distance = 1; missing > 0 && distance <= MAX_DISTANCE; distance++) {
    const found = (counts[bucket - distance] ?? 0) + (counts[bucket + distance] ?? 0);
    if (found >= missing) return distance - 1 + missing / found;
    missing -= found;
  }
  return missing > 0 ? MAX_DISTANCE : 0;
}

/** Adds a triangle with the area `count`. The part before bucket 0 is folded back. */
function addTriangle(density: Float64Array, bucket: number, count: number, halfWidth: number): void {
  const reach = Math.floor(Math.min(halfWidth, BUCKETS));
  const area = (2 * reach + 1) * (halfWidth + 1) - reach * (reach + 1);
  for (let offset = -reach; offset <= reach; offset++) {
    const at = Math.min(BUCKETS - 1, Math.abs(bucket + offset));
    density[at] = (density[at] ?? 0) + (count * (halfWidth + 1 - Math.abs(offset))) / area;
  }
}

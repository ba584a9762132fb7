import { BUCKETS } from "./duration-buckets.ts";

/**
 * The largest distance between two buckets that count as neighbors, in buckets. Over 150 buckets, a duration changes by
 * the factor e³ (20).
 */
const MAX_DISTANCE = 150;

/**
 * Spreads the jobs of each bucket over neighboring buckets, in the shape of a triangle (kernel density estimate). The
 * triangle is narrow where many jobs ended and wide where few jobs ended. The half width of a triangle grows with the
 * square root of the distance to the nearest jobs. So a few jobs do not make the estimated distribution of job
 * durations too certain.
 * Source: I. S. Abramson, "On bandwidth variation in kernel estimates", Annals of Statistics 10 (1982).
 * @param total the sum of all counts. The returned array has the same sum.
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

/**
 * Returns the smallest distance from `bucket` within which `jobs` jobs ended, in buckets. The distance can be
 * a fraction.
 */
function distanceTo(jobs: number, counts: Float64Array, bucket: number): number {
  let missing = jobs - (counts[bucket] ?? 0);
  for (let distance = 1; missing > 0 && distance <= MAX_DISTANCE; distance++) {
    const found = (counts[bucket - distance] ?? 0) + (counts[bucket + distance] ?? 0);
    if (found >= missing) return distance - 1 + missing / found;
    missing -= found;
  }
  return missing > 0 ? MAX_DISTANCE : 0;
}

/**
 * Adds a triangle with the area `count` to `density`. Mirrors the part of the triangle below bucket 0 into the buckets
 * from 0.
 */
function addTriangle(density: Float64Array, bucket: number, count: number, halfWidth: number): void {
  const reach = Math.floor(Math.min(halfWidth, BUCKETS));
  const area = (2 * reach + 1) * (halfWidth + 1) - reach * (reach + 1);
  for (let offset = -reach; offset <= reach; offset++) {
    const at = Math.min(BUCKETS - 1, Math.abs(bucket + offset));
    density[at] = (density[at] ?? 0) + (count * (halfWidth + 1 - Math.abs(offset))) / area;
  }
}

import { logGamma } from "./log-gamma.ts";

/** So many jobs of a day ended in a bucket. */
export interface BucketCount {
  readonly bucket: number;
  readonly count: number;
}

/** How likely it is, before looking, that the distribution changed at one of the days. */
const CHANGED = 0.05;
/** Days are compared by how many of their jobs fall into each eighth of all jobs; with Jeffreys' prior on the shares. */
const CELLS = 8;
const CONCENTRATION = 0.5;

/**
 * For each day, the oldest first, the probability that its jobs are still drawn from the distribution of the last
 * day's. It is that of no change after it, by the posterior of where one change fell (one Dirichlet-multinomial
 * before it, another after it); where a change is likelier than none, the days after it are asked for another.
 */
export function unchangedSince(days: readonly (readonly BucketCount[])[]): readonly number[] {
  if (days.length === 0) return [];
  const posterior = changePosterior(inCells(days));
  let sum = 0;
  const unchanged = posterior.map((probability) => {
    sum += probability;
    return sum;
  });
  const start = posterior.indexOf(Math.max(...posterior));
  if (start === 0) return unchanged;
  const since = unchangedSince(days.slice(start));
  return unchanged.map((probability, day) => probability * (since[Math.max(0, day - start)] ?? 1));
}

/** The probability that the last change came just before each day; before the first day, that there was none. */
function changePosterior(days: readonly Float64Array[]): readonly number[] {
  const before = new Float64Array(CELLS);
  const after = days.reduce((sum, cells) => sum.map((count, cell) => count + (cells[cell] ?? 0)), before);
  const evidences = days.map((_, day) => {
    for (const [cell, count] of (days[day - 1] ?? []).entries()) {
      before[cell] = (before[cell] ?? 0) + count;
      after[cell] = (after[cell] ?? 0) - count;
    }
    const likely = day === 0 ? 1 - CHANGED : CHANGED / (days.length - 1);
    return Math.log(likely) + evidence(before) + evidence(after);
  });
  const most = Math.max(...evidences);
  const shares = evidences.map((value) => Math.exp(value - most));
  const whole = shares.reduce((sum, share) => sum + share, 0);
  return shares.map((share) => share / whole);
}

/** The logarithm of the probability of such counts, their distribution unknown. */
function evidence(counts: Float64Array): number {
  const jobs = counts.reduce((sum, count) => sum + count, 0);
  return counts.reduce((sum, count) => sum + rise(CONCENTRATION, count), -rise(CONCENTRATION * CELLS, jobs));
}

/** ln Γ(base + count) - ln Γ(base). */
function rise(base: number, count: number): number {
  return count === 0 ? 0 : logGamma(base + count) - logGamma(base);
}

/** Each day's jobs per cell. Cells are eighths of all jobs, so that they are finest where jobs end. */
function inCells(days: readonly (readonly BucketCount[])[]): readonly Float64Array[] {
  const totals = new Map<number, number>();
  for (const { bucket, count } of days.flat()) totals.set(bucket, (totals.get(bucket) ?? 0) + count);
  const jobs = [...totals.values()].reduce((sum, count) => sum + count, 0);
  const cellOf = new Map<number, number>();
  let below = 0;
  for (const [bucket, count] of [...totals].sort(([a], [b]) => a - b)) {
    cellOf.set(bucket, Math.min(CELLS - 1, Math.floor((CELLS * (below + count / 2)) / jobs)));
    below += count;
  }
  return days.map((counts) => {
    const cells = new Float64Array(CELLS);
    for (const { bucket, count } of counts) {
      const cell = cellOf.get(bucket) ?? 0;
      cells[cell] = (cells[cell] ?? 0) + count;
    }
    return cells;
  });
}

import { BUCKETS, type DurationCount } from "./durations.ts";

/** After half a year a job counts for half. */
const HALF_LIFE_EPOCHS = 26;
/** Epochs are compared over cells of so many buckets (about 20 % of the duration). */
const CELL_BUCKETS = 10;
const CELLS = Math.ceil(BUCKETS / CELL_BUCKETS);
/** Dirichlet concentration per cell, and how likely it is, before looking, that nothing changed from epoch to epoch. */
const CONCENTRATION = 0.1;
const UNCHANGED = 0.95;

/**
 * What each epoch's jobs weigh today. Weights fall with age; and going back, every epoch is compared with all that
 * came after it: where the two are rather drawn from different distributions (Bayes factor of one
 * Dirichlet-multinomial against two), this epoch and all before it count only by the probability that they are not.
 */
export function recencyWeights(
  durations: readonly DurationCount[],
  epoch: number,
): ReadonlyMap<number, number> {
  const epochs = new Map<number, Float64Array>();
  for (const { epoch: then, bucket, count } of durations) {
    const cells = epochs.get(then) ?? new Float64Array(CELLS);
    epochs.set(then, cells);
    const cell = Math.floor(bucket / CELL_BUCKETS);
    if (cell >= 0 && cell < CELLS && count > 0) cells[cell] = (cells[cell] ?? 0) + count;
  }
  const weights = new Map<number, number>();
  const later = new Float64Array(CELLS);
  let unchanged = 1;
  for (const [then, cells] of [...epochs].sort(([a], [b]) => b - a)) {
    unchanged *= sameProbability(cells, later);
    const weight = unchanged * 0.5 ** (Math.max(0, epoch - then) / HALF_LIFE_EPOCHS);
    weights.set(then, weight);
    for (const [cell, count] of cells.entries()) later[cell] = (later[cell] ?? 0) + weight * count;
  }
  return weights;
}

/** The probability that two sets of counts come from one distribution. 1 when either is empty. */
function sameProbability(some: Float64Array, others: Float64Array): number {
  let evidence = 0;
  let [ofSome, ofOthers] = [0, 0];
  for (const [cell, count] of some.entries()) {
    const other = others[cell] ?? 0;
    ofSome += count;
    ofOthers += other;
    if (count > 0 && other > 0)
      evidence +=
        rise(CONCENTRATION, count + other) - rise(CONCENTRATION, count) - rise(CONCENTRATION, other);
  }
  if (ofSome === 0 || ofOthers === 0) return 1;
  const whole = CONCENTRATION * CELLS;
  evidence -= rise(whole, ofSome + ofOthers) - rise(whole, ofSome) - rise(whole, ofOthers);
  return 1 / (1 + ((1 - UNCHANGED) / UNCHANGED) * Math.exp(-evidence));
}

/** ln Γ(base + count) - ln Γ(base). */
function rise(base: number, count: number): number {
  return logGamma(base + count) - logGamma(base);
}

/** Stirling's series, shifted to where it is exact to ten digits. */
function logGamma(value: number): number {
  let [x, shift] = [value, 0];
  for (; x < 7; x++) shift += Math.log(x);
  const inverse = 1 / (x * x);
  const series = (1 / 12 - inverse * (1 / 360 - inverse / 1260)) / x;
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series - shift;
}

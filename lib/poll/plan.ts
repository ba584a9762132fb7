import { BUCKET_WIDTH, BUCKETS, bucketStartSeconds } from "./durations.ts";

export interface Inspection {
  /** The job is known to be pending at this age. */
  readonly ageSeconds: number;
  /** So many seconds of lateness cost as much as one look. */
  readonly lookCostSeconds: number;
  readonly minDelaySeconds: number;
  readonly maxDelaySeconds: number;
  /** The probability that a job outlives the start of each bucket (see `learnedSurvival`). */
  readonly survival: Float64Array;
}

/** Candidate looks lie one second apart at first, then 1/200 of the age: finer would cost time and gain nothing. */
const FINENESS = 200;
/** Ages that so small a share of the jobs pending now reaches have no say in when to look next. */
const REMOTE = 0.005;
/** Delays that cost at most so much of a look more than the best are as good as it. */
const TOLERANCE = 0.02;

/**
 * The delays to the next look whose expected cost (looks, and lateness in units of a look) is within a hair of the
 * least, as bounds in whole seconds. Exact dynamic programming over candidate ages: with S the survival, I(t) its
 * integral from t on and x the look's cost in seconds, the cost to go is
 *
 *     G(t) = S(t)·(x - t) - I(t) + min over u > t of [ u·S(t) + I(u) + G(u) ]
 *
 * The bracket is a line in S(t), and S only grows as t goes back, so that the minimum is found on a lower envelope
 * of lines and the whole costs time linear in the number of candidates. This is the discrete form of the inspection
 * problem whose continuous answer is J. B. Keller, "Optimum checking schedules for systems subject to random
 * failure", Management Science 21 (1974).
 */
export function planDelay(inspection: Inspection): { readonly earliest: number; readonly latest: number } {
  const { lookCostSeconds: cost, minDelaySeconds: min, maxDelaySeconds: max } = inspection;
  const { delays, ages, alive, area } = candidates(inspection);
  const last = delays.length - 1;
  const toGo = new Float64Array(last + 1);
  const envelope = new Int32Array(last + 1);
  let [front, back] = [0, -1];
  let entering = last;
  const aliveNow = alive[0] ?? 1;
  const costOf = (at: number, survival: number) =>
    (ages[at] ?? 0) * survival + (area[at] ?? 0) + (toGo[at] ?? 0);
  for (let at = last - 1; at >= 0; at--) {
    const survival = alive[at] ?? 0;
    const from = delays[at] ?? 0;
    while (entering > at && ((delays[entering] ?? 0) >= from + min || entering === last)) {
      while (back > front && !turns(envelope[back - 1] ?? 0, envelope[back] ?? 0, entering)) back--;
      envelope[++back] = entering--;
    }
    while (
      front < back &&
      costOf(envelope[front + 1] ?? 0, survival) <= costOf(envelope[front] ?? 0, survival)
    )
      front++;
    toGo[at] =
      survival * (cost - (ages[at] ?? 0)) - (area[at] ?? 0) + costOf(envelope[front] ?? last, survival);
  }
  function turns(far: number, middle: number, near: number): boolean {
    const rise = (one: number, other: number) =>
      ((area[one] ?? 0) + (toGo[one] ?? 0) - (area[other] ?? 0) - (toGo[other] ?? 0)) /
      ((ages[other] ?? 0) - (ages[one] ?? 0));
    return rise(middle, far) < rise(near, middle);
  }
  return around(envelope[front] ?? last);

  function around(best: number) {
    const limit = costOf(best, aliveNow) + TOLERANCE * cost * aliveNow;
    let [low, high] = [best, best];
    while (low > 1 && (delays[low - 1] ?? 0) >= min && costOf(low - 1, aliveNow) <= limit) low--;
    while (high < last && (delays[high + 1] ?? 0) <= max && costOf(high + 1, aliveNow) <= limit) high++;
    return { earliest: clamp(delays[low] ?? max), latest: clamp(delays[high] ?? max) };
  }
  function clamp(seconds: number) {
    return Math.min(max, Math.max(min, seconds));
  }
}

function candidates({ ageSeconds, survival }: Inspection) {
  const end = bucketStartSeconds(BUCKETS);
  const alive = [survivalAt(survival, ageSeconds)];
  const delays = [0];
  const remote = REMOTE * (alive[0] ?? 1);
  for (let delay = 0, left = 1; ageSeconds + delay < end && left > remote; ) {
    delay += Math.max(1, Math.floor((ageSeconds + delay) / FINENESS));
    left = survivalAt(survival, ageSeconds + delay);
    delays.push(delay);
    alive.push(left);
  }
  const ages = Float64Array.from(delays, (delay) => ageSeconds + delay);
  const area = new Float64Array(ages.length);
  for (let at = ages.length - 2; at >= 0; at--) {
    const width = (ages[at + 1] ?? 0) - (ages[at] ?? 0);
    area[at] = (area[at + 1] ?? 0) + (width * ((alive[at] ?? 0) + (alive[at + 1] ?? 0))) / 2;
  }
  return { delays, ages, alive: Float64Array.from(alive), area };
}

function survivalAt(survival: Float64Array, age: number): number {
  const position = Math.min(BUCKETS, Math.log1p(age / 10) / BUCKET_WIDTH);
  const bucket = Math.min(BUCKETS - 1, Math.floor(position));
  const [before, after] = [survival[bucket] ?? 0, survival[bucket + 1] ?? 0];
  return before + (after - before) * (position - bucket);
}

import type { PollSettings } from "../config/settings.ts";
import type { Random } from "../domain/job.ts";
import {
  BUCKETS,
  bucketStartSeconds,
  type DurationCount,
  fractionalBucketOfDuration,
} from "./duration-counts.ts";
import { getCachedSurvivalAtBucketStarts, survivalAt, survivalAtFractionalBucket } from "./survival-curve.ts";

/**
 * The poll plan considers polls only at certain ages of a job, the planned ages. The next planned age is 1/400 older,
 * but at least one second older. With more planned ages, the computation would take longer, but the plan would not be
 * better.
 */
const AGE_STEPS = 400;

/** The planned ages of a job in seconds. The last planned age is the end of the last bucket. */
export const AGES: Float64Array = plannedAges(bucketStartSeconds(BUCKETS));

/** Each planned age, converted to a bucket number. The reason: the logarithm in the conversion is slow. */
const AGE_POSITIONS = AGES.map(fractionalBucketOfDuration);

/** The randomly chosen delay may cost more than the best delay, by at most 2 % of the cost of a poll. */
const TOLERANCE = 0.02;

/**
 * The delay of the first poll in a project with few ended jobs. The early poll finds the job type, and detects a job
 * that failed at once. The delay is random, so that the service does not poll all new jobs at the same time.
 */
const FIRST_DELAY = { minSeconds: 10, maxSeconds: 20 };
/** If fewer than 20 jobs of the project have ended, the delay of the first poll is `FIRST_DELAY`. */
const MIN_LEARNED_JOBS = 20;

interface PendingJob {
  readonly jobType: string | null;
  readonly ageSeconds: number;
  /** Counts of ended jobs by duration. The ended jobs have the same type and project as the pending job. */
  readonly durations: readonly DurationCount[];
}

/**
 * Returns the delay of the first poll after the submission of the job, in whole seconds.
 * @param durations the durations of all ended jobs of the project, because the type of the new job is still unknown.
 */
export function pickFirstPollDelaySeconds(
  poll: PollSettings,
  random: Random,
  durations: readonly DurationCount[] = [],
): number {
  const jobs = durations.reduce((sum, { count }) => sum + count, 0);
  return jobs < MIN_LEARNED_JOBS
    ? pickDelay(FIRST_DELAY, poll, random)
    : pickNextPollDelaySeconds({ jobType: null, ageSeconds: 0, durations }, poll, random);
}

/**
 * Returns the delay until the next poll of a running job, in whole seconds. The function chooses a random delay among
 * the cheap delays, so that the service does not poll all jobs of the same age at the same time. The delay is within
 * the limits of the config.
 */
export function pickNextPollDelaySeconds(job: PendingJob, poll: PollSettings, random: Random): number {
  const plan = findDelaysCloseToLowestCost({
    ageSeconds: job.ageSeconds,
    pollCostSeconds: poll.pollCostSeconds,
    minDelaySeconds: Math.max(1, Math.ceil(poll.minDelaySeconds)),
    maxDelaySeconds: Math.max(1, Math.floor(poll.maxDelaySeconds)),
    survival: getCachedSurvivalAtBucketStarts(job.jobType, job.durations),
  });
  return pickDelay(plan, poll, random);
}

function pickDelay(
  { minSeconds, maxSeconds }: { readonly minSeconds: number; readonly maxSeconds: number },
  poll: PollSettings,
  random: Random,
): number {
  return roundAndClampDelaySeconds(minSeconds + Math.floor(random() * (maxSeconds - minSeconds + 1)), poll);
}

/**
 * Rounds a delay to whole seconds and limits it to the minimum and maximum of the config. If the minimum and the
 * maximum contradict each other, the maximum applies.
 */
export function roundAndClampDelaySeconds(seconds: number, poll: PollSettings): number {
  const [min, max] = [Math.ceil(poll.minDelaySeconds), Math.floor(poll.maxDelaySeconds)];
  return Math.min(max, Math.max(min, Math.round(seconds)));
}

interface PlanInput extends PollCosts {
  /** The age of the job at the time of the current poll. */
  readonly ageSeconds: number;
  readonly maxDelaySeconds: number;
  /** The survival curve of the job from `getCachedSurvivalAtBucketStarts`. */
  readonly survival: Float64Array;
}

interface DelayRange {
  readonly minSeconds: number;
  readonly maxSeconds: number;
}

/**
 * Returns the range of delays that cost almost as little as the best delay, in whole seconds. The computed cost
 * includes all later polls of the job. For a job older than all planned ages, the function returns only the maximum
 * delay.
 */
export function findDelaysCloseToLowestCost(input: PlanInput): DelayRange {
  const { ageSeconds, minDelaySeconds: min, maxDelaySeconds: max, survival, pollCostSeconds } = input;
  const last = AGES.length - 1;
  const first = firstIndexFrom(ageSeconds);
  if (first >= last) return { minSeconds: max, maxSeconds: max };
  const { costs, next } = planFor(input);
  const pending = survivalAt(survival, ageSeconds);
  const delayTo = (index: number) => (AGES[index] ?? 0) - ageSeconds;
  const costOf = (index: number) => pending * delayTo(index) + (costs[index] ?? 0);
  // The best next poll for `ageSeconds` is between the best next polls for the planned ages before and after
  // `ageSeconds`.
  let best = next[first] ?? last;
  for (let index = best - 1; index >= (next[first - 1] ?? first); index--)
    if (delayTo(index) >= min && costOf(index) < costOf(best)) best = index;
  const maxCost = costOf(best) + TOLERANCE * pollCostSeconds * pending;
  let [low, high] = [best, best];
  while (low > first && delayTo(low - 1) >= min && costOf(low - 1) <= maxCost) low--;
  while (high < last && delayTo(high + 1) <= max && costOf(high + 1) <= maxCost) high++;
  const clamp = (seconds: number) => Math.min(max, Math.max(min, seconds));
  const [minSeconds, maxSeconds] = [Math.ceil(delayTo(low)), Math.floor(delayTo(high))];
  if (minSeconds <= maxSeconds) return { minSeconds: clamp(minSeconds), maxSeconds: clamp(maxSeconds) };
  const nearest = clamp(Math.round(delayTo(best)));
  return { minSeconds: nearest, maxSeconds: nearest };
}

/**
 * Returns the index of the first planned age that is not less than `age`. If all planned ages are less than `age`,
 * returns the last index.
 */
function firstIndexFrom(age: number): number {
  let [low, high] = [0, AGES.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((AGES[middle] ?? 0) < age) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The latest poll plan for each survival curve. Other poll settings need a new plan. */
const plans = new WeakMap<Float64Array, PollCosts & { readonly plan: PollPlan }>();

function planFor({ survival, pollCostSeconds, minDelaySeconds }: PlanInput): PollPlan {
  const known = plans.get(survival);
  if (known?.pollCostSeconds === pollCostSeconds && known.minDelaySeconds === minDelaySeconds)
    return known.plan;
  const plan = planCheapestPolls(survival, { pollCostSeconds, minDelaySeconds });
  plans.set(survival, { pollCostSeconds, minDelaySeconds, plan });
  return plan;
}

function plannedAges(maxAge: number): Float64Array {
  const ages: number[] = [];
  for (let age = 0; age < maxAge; age += Math.max(1, age / AGE_STEPS)) ages.push(age);
  ages.push(maxAge);
  return new Float64Array(ages);
}

/** The best next poll for each planned age of a job. Both arrays have one element for each element of `AGES`. */
interface PollPlan {
  /** The expected cost of all later polls of a job, in seconds. */
  readonly costs: Float64Array;
  /** The best age for the next poll, as an index in `AGES`. */
  readonly next: Int32Array;
}

interface PollCosts {
  /** A poll is worth its cost if it finds the end of a job at least `pollCostSeconds` seconds earlier. */
  readonly pollCostSeconds: number;
  readonly minDelaySeconds: number;
}

/**
 * Computes the cheapest ages for the polls of a job.
 *
 * Each poll costs `pollCostSeconds`, for short x. Each second from the end of a job to the next poll costs 1.
 * Statistics calls the search for the cheapest polls an inspection problem. S(t) is the share of jobs that take longer
 * than t. If a job still runs at age t and the next poll is at age u, the poll costs x, and the time until u costs
 * u - t. The time until u also contains running time of the job, but this time is the same for all plans. C(t) is the
 * lowest cost of all polls after age t:
 *
 *     C(t) = minimum over u > t of [ S(t) · (x + u - t) + C(u) ]
 *
 * The function computes C(t) for the last age first, and then for each earlier age (dynamic programming). For each age
 * u, the expression in brackets is a linear function of S(t), so its graph is a straight line. The lower envelope
 * consists of the lowest line at each value of S(t). The function adds and removes each line at most once, so the run
 * time is linear in the number of ages.
 *
 * Source: J. B. Keller, "Optimum checking schedules for systems subject to random failure", Management Science 21
 * (1974). Keller does not limit the polls to certain ages. If h(t) is the share of the running jobs that end per
 * second, the best number of polls per second is √(h(t) / 2x).
 */
export function planCheapestPolls(
  survival: Float64Array,
  { pollCostSeconds, minDelaySeconds }: PollCosts,
): PollPlan {
  const last = AGES.length - 1;
  const costs = new Float64Array(last + 1);
  const next = new Int32Array(last + 1).fill(last);
  // `envelope[front..back]` contains candidates for the best age of the next poll. The latest age comes first.
  const envelope = new Int32Array(last + 1);
  let [front, back, candidate] = [0, -1, last];
  for (let index = last - 1; index >= 0; index--) {
    const age = AGES[index] ?? 0;
    const pending = survivalAtFractionalBucket(survival, AGE_POSITIONS[index] ?? 0);
    while (candidate > index && ((AGES[candidate] ?? 0) >= age + minDelaySeconds || candidate === last)) {
      while (back > front && !isLowest(envelope[back - 1] ?? 0, envelope[back] ?? 0, candidate)) back--;
      envelope[++back] = candidate--;
    }
    while (front < back && lineAt(envelope[front + 1] ?? 0, pending) <= lineAt(envelope[front] ?? 0, pending))
      front++;
    const best = envelope[front] ?? last;
    next[index] = best;
    costs[index] = pending * (pollCostSeconds - age) + lineAt(best, pending);
  }
  return { costs, next };

  function lineAt(index: number, pending: number): number {
    return (AGES[index] ?? 0) * pending + (costs[index] ?? 0);
  }
  /** Returns true if the line `middle` is the lowest of the three lines for at least one value of S(t). */
  function isLowest(later: number, middle: number, earlier: number): boolean {
    return crossing(middle, later) < crossing(earlier, middle);
  }
  function crossing(one: number, other: number): number {
    return ((costs[one] ?? 0) - (costs[other] ?? 0)) / ((AGES[other] ?? 0) - (AGES[one] ?? 0));
  }
}

const FIRST_BACKOFF_SECONDS = 5;
const MAX_BACKOFF_SECONDS = 300;

/**
 * Returns a random delay in whole seconds after failed polls. With each failed poll, the maximum delay doubles.
 * @param failures the number of failed polls in a row, at least 1. Source:
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function pickDelayAfterFailedPollsSeconds(failures: number, random: Random): number {
  const maxSeconds = Math.min(MAX_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2 ** Math.min(20, failures - 1));
  return 1 + Math.floor(random() * maxSeconds);
}

import type { PollSettings } from "../config/settings.ts";
import { cheapestDelayRange } from "./delay-range.ts";
import type { DurationCount } from "./duration-buckets.ts";
import { learnSurvivalCurve } from "./survival-curve.ts";

/**
 * The range of delays before the first poll of a job, if few jobs of the project have ended. The first poll finds early
 * failures and the type of the job. A random delay spreads the polls of many jobs that start together.
 */
const FIRST_DELAY = { minSeconds: 10, maxSeconds: 20 };
/**
 * The number of ended jobs in a project from which the service learns the delay before the first poll. If fewer jobs
 * have ended, the service uses the fixed range FIRST_DELAY.
 */
const MIN_LEARNED_JOBS = 20;

/** A job that had not ended at the age `ageSeconds`. */
interface PendingJob {
  readonly jobType: string | null;
  readonly ageSeconds: number;
  /** The durations of ended jobs with the same type in the same project. */
  readonly durations: readonly DurationCount[];
}

/**
 * Returns the delay between the acceptance of a job and the first poll, in whole seconds.
 * @param durations the durations of all ended jobs of the project. The type of the new job is not known yet.
 */
export function firstDelaySeconds(
  poll: PollSettings,
  random: () => number,
  durations: readonly DurationCount[] = [],
): number {
  const jobs = durations.reduce((sum, { count }) => sum + count, 0);
  return jobs < MIN_LEARNED_JOBS
    ? pickDelay(FIRST_DELAY, poll, random)
    : nextDelaySeconds({ jobType: null, ageSeconds: 0, durations }, poll, random);
}

/**
 * Returns the delay before the next poll of a pending job, in whole seconds within the operator's bounds. The delay is
 * a random value from a range of cheap delays. So jobs of equal age are not polled at the same time.
 */
export function nextDelaySeconds(job: PendingJob, poll: PollSettings, random: () => number): number {
  const plan = cheapestDelayRange({
    ageSeconds: job.ageSeconds,
    pollCostSeconds: poll.pollCostSeconds,
    minDelaySeconds: Math.max(1, Math.ceil(poll.minDelaySeconds)),
    maxDelaySeconds: Math.max(1, Math.floor(poll.maxDelaySeconds)),
    survival: learnSurvivalCurve(job.jobType, job.durations),
  });
  return pickDelay(plan, poll, random);
}

function pickDelay(
  { minSeconds, maxSeconds }: { readonly minSeconds: number; readonly maxSeconds: number },
  poll: PollSettings,
  random: () => number,
): number {
  return clampDelaySeconds(minSeconds + Math.floor(random() * (maxSeconds - minSeconds + 1)), poll);
}

/**
 * Returns the delay as a whole number within the minimum and maximum of the operator. If the minimum exceeds the
 * maximum, the maximum applies.
 */
export function clampDelaySeconds(seconds: number, poll: PollSettings): number {
  const [min, max] = [Math.ceil(poll.minDelaySeconds), Math.floor(poll.maxDelaySeconds)];
  return Math.min(max, Math.max(min, Math.round(seconds)));
}

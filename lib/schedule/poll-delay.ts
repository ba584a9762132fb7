import type { PollSettings } from "../config/settings.ts";
import type { DurationCount } from "./duration-buckets.ts";
import { learnedSurvival } from "./learned-survival.ts";
import { planDelay } from "./plan-delay.ts";

/** Used while few jobs are known. The first poll finds early failures and the job's type. Jitter spreads a burst of jobs. */
const FIRST_DELAY = { minSeconds: 10, maxSeconds: 20 };
/** From this number of ended jobs on, the first poll is planned by their durations. */
const MIN_LEARNED_JOBS = 20;

/** A job that was pending at its age. */
export interface PendingJob {
  readonly jobType: string | null;
  readonly ageSeconds: number;
  /** Durations of ended jobs of this type in this project. */
  readonly durations: readonly DurationCount[];
}

/**
 * Returns the delay of the first poll after acceptance, in whole seconds.
 * @param durations of all jobs of the project together, because the job's type is not known yet.
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
 * Returns the delay to the next poll of a pending job, in whole seconds within the operator's bounds. It is a random
 * one of the delays that cost about as little as the best. So jobs of one age are not polled at the same time.
 */
export function nextDelaySeconds(job: PendingJob, poll: PollSettings, random: () => number): number {
  const plan = planDelay({
    ageSeconds: job.ageSeconds,
    pollCostSeconds: poll.pollCostSeconds,
    minDelaySeconds: Math.max(1, Math.ceil(poll.minDelaySeconds)),
    maxDelaySeconds: Math.max(1, Math.floor(poll.maxDelaySeconds)),
    survival: learnedSurvival(job.jobType, job.durations),
  });
  return pickDelay(plan, poll, random);
}

function pickDelay(
  { minSeconds, maxSeconds }: { readonly minSeconds: number; readonly maxSeconds: number },
  poll: PollSettings,
  random: () => number,
): number {
  return clampDelay(minSeconds + Math.floor(random() * (maxSeconds - minSeconds + 1)), poll);
}

/** Rounds a delay and limits it to the operator's bounds. When the bounds contradict each other, the maximum applies. */
export function clampDelay(seconds: number, poll: PollSettings): number {
  const [min, max] = [Math.ceil(poll.minDelaySeconds), Math.floor(poll.maxDelaySeconds)];
  return Math.min(max, Math.max(min, Math.round(seconds)));
}

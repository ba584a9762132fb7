import type { PollSettings } from "../config/settings.ts";
import type { Instant } from "../domain/job.ts";
import { type DurationCount, durationDay } from "./durations.ts";
import { planDelay } from "./plan.ts";
import { learnedSurvival } from "./survival.ts";

/** With little past, the first poll catches what fails at once and learns the job's type; a burst of jobs is spread. */
const FIRST_POLL = { earliest: 10, latest: 20 };
/** So many jobs must have ended here before the first poll waits for what they tell. */
const ENOUGH_JOBS = 20;

/** What the ledger knows of a project's jobs of all types together. */
export interface Past {
  readonly durations: readonly DurationCount[];
  readonly now: Instant;
}

/** The delay of the first look after acceptance, in whole seconds: the best for a job of unknown type. */
export function firstDelaySeconds(
  poll: PollSettings,
  random: () => number,
  { durations, now }: Past = NOTHING,
): number {
  const jobs = durations.reduce((sum, { count }) => sum + count, 0);
  return jobs < ENOUGH_JOBS
    ? pick(FIRST_POLL, poll, random)
    : nextDelaySeconds({ jobType: null, ageSeconds: 0, durations }, poll, now, random);
}

const NOTHING: Past = { durations: [], now: 0 };

export interface PendingJob {
  readonly jobType: string | null;
  readonly ageSeconds: number;
  /** What the ledger knows of jobs of this type in this project. */
  readonly durations: readonly DurationCount[];
}

/**
 * The delay to the next look at a job that is pending at its age, in whole seconds within the operator's bounds:
 * at random among those that are as good as the best, so that jobs of one age part.
 */
export function nextDelaySeconds(
  job: PendingJob,
  poll: PollSettings,
  now: Instant,
  random: () => number,
): number {
  const plan = planDelay({
    ageSeconds: job.ageSeconds,
    pollCostSeconds: poll.pollCostSeconds,
    minDelaySeconds: Math.max(1, Math.ceil(poll.minDelaySeconds)),
    maxDelaySeconds: Math.max(1, Math.floor(poll.maxDelaySeconds)),
    survival: learnedSurvival(job.jobType, job.durations, durationDay(now)),
  });
  return pick(plan, poll, random);
}

function pick(
  { earliest, latest }: { readonly earliest: number; readonly latest: number },
  poll: PollSettings,
  random: () => number,
): number {
  return withinBounds(earliest + Math.floor(random() * (latest - earliest + 1)), poll);
}

/** A whole number of seconds between the operator's bounds; where these contradict each other, the upper one holds. */
export function withinBounds(seconds: number, poll: PollSettings): number {
  const [min, max] = [Math.ceil(poll.minDelaySeconds), Math.floor(poll.maxDelaySeconds)];
  return Math.min(max, Math.max(min, Math.round(seconds)));
}

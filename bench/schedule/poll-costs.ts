/**
 * The mean costs of a schedule per job. The cost of a job is its number of polls, plus its lateness in seconds
 * divided by `pollCostSeconds`.
 */
export interface Figures {
  readonly polls: number;
  readonly latenessSeconds: number;
  readonly cost: number;
}

/**
 * A schedule of polls as a function. Returns the age in seconds at which the job is polled after a poll at `age`. For
 * `age` 0 the result is the age of the first poll.
 */
export type NextPoll = (age: number) => number;

/**
 * Returns the mean costs of a schedule for jobs with these durations. Each job is polled until a poll finds the job
 * ended.
 * @param ruleOf returns the schedule of one run of a job.
 * @param repeats the number of runs of each job, for schedules with random numbers.
 */
export function measurePollCosts(
  durations: readonly number[],
  pollCostSeconds: number,
  ruleOf: () => NextPoll,
  repeats = 1,
): Figures {
  let [polls, lateness] = [0, 0];
  for (const duration of durations) {
    for (let repeat = 0; repeat < repeats; repeat++) {
      const next = ruleOf();
      let age = 0;
      do {
        age = next(age);
        polls++;
      } while (age < duration);
      lateness += age - duration;
    }
  }
  const runs = durations.length * repeats;
  const means = { polls: polls / runs, latenessSeconds: lateness / runs };
  return { ...means, cost: means.polls + means.latenessSeconds / pollCostSeconds };
}

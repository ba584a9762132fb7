/**
 * The mean costs per job of one poll schedule. The cost of a job is computed as: number of polls + (delay in seconds /
 * `pollCostSeconds`).
 */
export interface Figures {
  readonly polls: number;
  readonly latenessSeconds: number;
  readonly cost: number;
}

/**
 * Plans the next poll of a job. `age` is the job's age in seconds at the current poll, or 0 before the first poll. The
 * function returns the job's age, in seconds, at the next poll.
 */
export type NextPoll = (age: number) => number;

/**
 * Simulates the polls of jobs with the given durations, and returns the mean costs per job.
 * @param ruleOf creates the poll schedule for one simulated job.
 * @param repeats the number of simulated runs per job. The costs of a poll schedule with random delays are the mean of
 * several runs.
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

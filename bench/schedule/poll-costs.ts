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
 * A schedule of polls as a function. For a poll at `age` seconds, the function returns the age of the next poll in
 * seconds. For `age` 0, it returns the age of the first poll.
 */
export type NextPoll = (age: number) => number;

/**
 * Simulates the polls of jobs with these durations, and returns the mean costs per job.
 * @param ruleOf creates the schedule for one simulated run of a job.
 * @param repeats the number of simulated runs per job. A schedule with random delays needs several runs.
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

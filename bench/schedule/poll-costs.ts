/** Means over jobs. The cost is the number of polls plus the lateness divided by `pollCostSeconds`. */
export interface Figures {
  readonly polls: number;
  readonly latenessSeconds: number;
  readonly cost: number;
}

/** Returns the age of the next poll after a poll at `age`, in seconds. `age` 0 returns the first poll. */
export type NextPoll = (age: number) => number;

/**
 * Polls every job until the first poll at or after its end.
 * @param ruleOf returns the schedule of one run of a job.
 * @param repeats the number of runs of each job, for schedules that use chance.
 */
export function measure(
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

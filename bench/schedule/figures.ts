/** Means over jobs. The cost is in polls: so many seconds of lateness cost as much as one poll. */
export interface Figures {
  readonly polls: number;
  readonly latenessSeconds: number;
  readonly cost: number;
}

/** When a job is looked at: the age in seconds of the look after the one at `age`; from 0, the first. */
export type NextPoll = (age: number) => number;

/**
 * Follows every job until the first look at or after its end. Each is run `repeats` times, where chance plays a
 * part. The rule may look as often as it likes: nothing here bounds it.
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

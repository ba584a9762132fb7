/** Means over jobs. The cost is in looks: so many seconds of lateness cost as much as one look. */
export interface Figures {
  readonly looks: number;
  readonly latenessSeconds: number;
  readonly cost: number;
}

/** When a job is looked at: the age in seconds of the look after the one at `age`; from 0, the first. */
export type NextLook = (age: number) => number;

/**
 * Follows every job until the first look at or after its end. Each is run `repeats` times, where chance plays a
 * part. The rule may look as often as it likes: nothing here bounds it.
 */
export function measure(
  durations: readonly number[],
  lookCostSeconds: number,
  ruleOf: () => NextLook,
  repeats = 1,
): Figures {
  let [looks, lateness] = [0, 0];
  for (const duration of durations) {
    for (let repeat = 0; repeat < repeats; repeat++) {
      const next = ruleOf();
      let age = 0;
      do {
        age = next(age);
        looks++;
      } while (age < duration);
      lateness += age - duration;
    }
  }
  const runs = durations.length * repeats;
  const means = { looks: looks / runs, latenessSeconds: lateness / runs };
  return { ...means, cost: means.looks + means.latenessSeconds / lookCostSeconds };
}

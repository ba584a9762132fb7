import type { NextPoll } from "./figures.ts";
import { smoothedEmpirical } from "./smoothed.ts";

/**
 * The least cost any rule could reach that knew the true distribution of `durations`: dynamic programming over all
 * sequences of polls on a fine grid (0.5 s up to half an hour, coarser beyond). Written without the product's code.
 * No bound, no jitter and no first poll are asked of it.
 */
export function optimum(durations: readonly number[], pollCostSeconds: number): NextPoll {
  const ages = grid(Math.max(...durations) * 1.5 + 60);
  const mass = smoothedEmpirical(durations, ages);
  const last = ages.length - 1;
  const ended = new Float64Array(last + 1);
  const moment = new Float64Array(last + 1);
  for (let at = 1; at <= last; at++) {
    const share = mass[at] ?? 0;
    ended[at] = (ended[at - 1] ?? 0) + share;
    moment[at] = (moment[at - 1] ?? 0) + (share * ((ages[at] ?? 0) + (ages[at - 1] ?? 0))) / 2;
  }
  const whole = ended[last] ?? 1;
  const toGo = new Float64Array(last + 1);
  const choice = new Int32Array(last + 1).fill(last);
  for (let at = last - 1; at >= 0; at--) {
    const pending = whole - (ended[at] ?? 0);
    let least = Number.POSITIVE_INFINITY;
    // The best next poll never lies later than that of a later start (the costs form a Monge array).
    const until = at === last - 1 ? last : Math.max(at + 1, choice[at + 1] ?? last);
    for (let next = at + 1; next <= until; next++) {
      const late =
        (ages[next] ?? 0) * ((ended[next] ?? 0) - (ended[at] ?? 0)) -
        ((moment[next] ?? 0) - (moment[at] ?? 0));
      const cost = pending + late / pollCostSeconds + (toGo[next] ?? 0);
      if (cost < least) {
        least = cost;
        choice[at] = next;
      }
      // Lateness alone is already more than the best: later polls only add to it.
      if (pending + late / pollCostSeconds > least) break;
    }
    toGo[at] = least;
  }
  const polls: number[] = [];
  for (let at = choice[0] ?? last; at < last; at = choice[at] ?? last) polls.push(ages[at] ?? 0);
  polls.push(ages[last] ?? 0);
  return (age) => polls.find((poll) => poll > age) ?? age + 60;
}

function grid(end: number): Float64Array {
  const ages: number[] = [0];
  for (let age = 0; age < end; ) {
    age += Math.max(0.5, age / 3600);
    ages.push(age);
  }
  return Float64Array.from(ages);
}

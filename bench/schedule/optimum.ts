import type { NextPoll } from "./poll-costs.ts";

/**
 * Returns the poll schedule with the lowest cost for a known distribution of durations. The computed optimum ignores
 * the operator's limits for the poll interval and uses no random delays. Dynamic programming compares all possible
 * sequences of polls. The optimum considers polls every 0.5 s, and less often after half an hour. The function that
 * computes the optimum shares no code with the service, because it checks the schedule of the service.
 */
export function findOptimalSchedule(durations: readonly number[], pollCostSeconds: number): NextPoll {
  const ages = grid(Math.max(...durations) * 1.5 + 60);
  const mass = smoothedEmpirical(durations, ages);
  const last = ages.length - 1;
  const ended = new Float64Array(last + 1);
  const moment = new Float64Array(last + 1);
  for (let at = 1; at <= last; at++) {
    const part = mass[at] ?? 0;
    ended[at] = (ended[at - 1] ?? 0) + part;
    moment[at] = (moment[at - 1] ?? 0) + (part * ((ages[at] ?? 0) + (ages[at - 1] ?? 0))) / 2;
  }
  const whole = ended[last] ?? 1;
  const costs = new Float64Array(last + 1);
  const choice = new Int32Array(last + 1).fill(last);
  for (let at = last - 1; at >= 0; at--) {
    const pending = whole - (ended[at] ?? 0);
    let least = Number.POSITIVE_INFINITY;
    // The best next poll for `at` is never later than the best next poll for `at + 1`, because the costs form a Monge
    // array.
    const until = at === last - 1 ? last : Math.max(at + 1, choice[at + 1] ?? last);
    for (let next = at + 1; next <= until; next++) {
      const late =
        (ages[next] ?? 0) * ((ended[next] ?? 0) - (ended[at] ?? 0)) -
        ((moment[next] ?? 0) - (moment[at] ?? 0));
      const cost = pending + late / pollCostSeconds + (costs[next] ?? 0);
      if (cost < least) {
        least = cost;
        choice[at] = next;
      }
      // The cost of the delay grows with `next`. If this cost is already higher than `least`, no later poll can be
      // better.
      if (pending + late / pollCostSeconds > least) break;
    }
    costs[at] = least;
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

/** The widths of the Gaussian kernel that are tried. Each width is a standard deviation of log(duration + 1). */
const WIDTHS = [0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2];

/**
 * Estimates the distribution of `durations` by a Gaussian kernel on log(duration + 1). The result contains, for each
 * age, the probability that a job ends between the previous age and this age. The width of the Gaussian kernel comes
 * from leave-one-out cross-validation.
 */
function smoothedEmpirical(durations: readonly number[], ages: Float64Array): Float64Array {
  const logs = durations.map((seconds) => Math.log1p(Math.max(0, seconds)));
  const width = bestWidth(logs);
  const mass = new Float64Array(ages.length);
  for (const log of logs) {
    let before = 0;
    for (let at = 1; at < ages.length; at++) {
      const distance = (Math.log1p(ages[at] ?? 0) - log) / width;
      if (distance < -5) continue;
      const below = distance > 5 ? 1 : normal(distance);
      mass[at] = (mass[at] ?? 0) + (below - before) / logs.length;
      before = below;
      if (distance > 5) break;
    }
  }
  return mass;
}

function bestWidth(logs: readonly number[]): number {
  const sample = logs.length > 400 ? logs.filter((_, at) => at % Math.ceil(logs.length / 400) === 0) : logs;
  if (sample.length < 2) return 0.05;
  const likelihoods = WIDTHS.map((width) => {
    const w = width * (sample.length / logs.length) ** -0.2;
    return sample.reduce((sum, log, self) => {
      let density = 0;
      for (const [other, at] of sample.entries())
        if (other !== self) density += Math.exp(-0.5 * ((log - at) / w) ** 2) / w;
      return sum + Math.log(density / (sample.length - 1) + 1e-12);
    }, 0);
  });
  return WIDTHS[likelihoods.indexOf(Math.max(...likelihoods))] ?? 0.05;
}

/** Returns the value of the standard normal distribution function (Abramowitz and Stegun 26.2.17). */
function normal(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const poly =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = (Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI)) * poly;
  return z > 0 ? 1 - tail : tail;
}

import { Settings } from "../../../lib/config/settings.ts";
import {
  BUCKETS,
  bucketOfDuration,
  bucketStartSeconds,
  type DurationCount,
  daysSince1970,
} from "../../../lib/schedule/duration-counts.ts";
import {
  AGES,
  findDelaysCloseToLowestCost,
  pickDelayAfterFailedPollsSeconds,
  pickFirstPollDelaySeconds,
  pickNextPollDelaySeconds,
  planCheapestPolls,
  roundAndClampDelaySeconds,
} from "../../../lib/schedule/poll-delay.ts";
import { getCachedSurvivalAtBucketStarts, survivalAt } from "../../../lib/schedule/survival-curve.ts";
import fc from "../../support/properties.ts";

const NOW = Date.UTC(2026, 0, 15);
const { poll } = Settings.parse({});
const past = (seconds: number[]) =>
  seconds.map((value) => ({ day: daysSince1970(NOW), bucket: bucketOfDuration(value), count: 20 }));

function pollsUntil(end: number, durations: ReturnType<typeof past>): number[] {
  const polls = [15];
  for (let age = 15; age < end; polls.push(age))
    age += pickNextPollDelaySeconds(
      { jobType: "CreateCluster", ageSeconds: age, durations },
      poll,
      () => 0.5,
    );
  return polls;
}

describe("the delay of a poll", () => {
  it("spreads a thousand first polls over ten seconds", () => {
    const delays = Array.from({ length: 1000 }, (_, at) => pickFirstPollDelaySeconds(poll, () => at / 1000));
    expect(new Set(delays).size).toBeGreaterThan(9);
    expect(Math.max(...delays)).toBeLessThanOrEqual(20);
  });

  it("makes the first poll after 10 to 20 seconds if nothing is known", () => {
    expect([0, 0.5, 0.9999].map((part) => pickFirstPollDelaySeconds(poll, () => part))).toEqual([10, 15, 20]);
  });

  it.each([
    [7.4, 2, 900, 7],
    [7.5, 2, 900, 8],
    [1, 2.2, 900, 3],
    [5000, 2, 60.9, 60],
    [30, 50, 20, 20],
    [0, 0, 900, 0],
  ])(
    "rounds %f seconds with the bounds %f and %f to %i",
    (seconds, minDelaySeconds, maxDelaySeconds, delay) => {
      expect(roundAndClampDelaySeconds(seconds, { ...poll, minDelaySeconds, maxDelaySeconds })).toBe(delay);
    },
  );

  it("polls at the end of the only bucket in which jobs end, and then as late as allowed", () => {
    const bucket = bucketOfDuration(300);
    const survival = Float64Array.from({ length: BUCKETS + 1 }, (_, at) => (at <= bucket ? 1 : 1e-9));
    const range = (ageSeconds: number, maxDelaySeconds = 900) =>
      findDelaysCloseToLowestCost({
        survival,
        ageSeconds,
        maxDelaySeconds,
        pollCostSeconds: 60,
        minDelaySeconds: 2,
      });
    const end = bucketStartSeconds(bucket + 1);
    for (const age of [0, 0.5, 100]) {
      const { minSeconds, maxSeconds } = range(age);
      expect(Math.abs(minSeconds - (end - age))).toBeLessThan(2);
      expect(Math.abs(maxSeconds - (end - age))).toBeLessThan(2);
    }
    expect(range(0, 100)).toEqual({ minSeconds: 100, maxSeconds: 100 });
    expect(range(end + 5)).toEqual({ minSeconds: 900, maxSeconds: 900 });
  });

  it("plans ages from 0 to a week, in steps of a second or a quarter of a percent", () => {
    expect([AGES[0], AGES[1], AGES[400]]).toEqual([0, 1, 400]);
    expect(AGES.at(-1)).toBe(bucketStartSeconds(BUCKETS));
    for (let at = 401; at < AGES.length - 1; at += 1)
      expect((AGES[at] ?? 0) / (AGES[at - 1] ?? 1)).toBeCloseTo(1.0025, 9);
    expect((AGES.at(-1) ?? 0) / (AGES.at(-2) ?? 1)).toBeLessThan(1.0026);
  });

  it("plans the first poll by the durations of earlier jobs when at least 20 have ended", () => {
    const first = (jobs: number[]) =>
      pickFirstPollDelaySeconds(
        poll,
        () => 0.5,
        past(jobs).map((count) => ({ ...count, count: 5 })),
      );
    expect(first([400, 420, 440])).toBeLessThanOrEqual(20);
    expect(first([390, 400, 410, 420, 430, 440])).toBeGreaterThan(150);
    expect(first([40, 50, 55, 400, 420, 440])).toBeLessThan(70);
  });

  it("plans the first poll by exactly 20 jobs, and not by 19", () => {
    const first = (count: number) =>
      pickFirstPollDelaySeconds(
        poll,
        () => 0.5,
        past([420]).map((counts) => ({ ...counts, count })),
      );
    expect(first(19)).toBeLessThanOrEqual(20);
    expect(first(20)).toBeGreaterThan(100);
  });

  it("is longer if the minimum delay is long, because a poll shortly before the end delays the next poll", () => {
    const durations = past([420]);
    const delay = (minDelaySeconds: number) =>
      pickNextPollDelaySeconds(
        { jobType: "CreateCluster", ageSeconds: 15, durations },
        { ...poll, minDelaySeconds },
        () => 0.5,
      );
    expect(delay(2)).toBeLessThan(405);
    expect(delay(120)).toBeGreaterThan(405);
    expect(delay(300)).toBeGreaterThan(delay(120));
  });

  it("is longer if a poll costs more, also after the operator changes the cost", () => {
    const durations = past([380, 400, 420, 440, 460]);
    const delays = [1, 100, 1].map((pollCostSeconds) =>
      pickNextPollDelaySeconds(
        { jobType: "CreateCluster", ageSeconds: 15, durations },
        { ...poll, pollCostSeconds },
        () => 0.5,
      ),
    );
    expect(delays[1]).toBeGreaterThan((delays[0] ?? 0) + 20);
    expect(delays[2]).toBe(delays[0]);
  });

  it("spreads the next polls of a thousand jobs of one age", () => {
    const delays = Array.from({ length: 1000 }, (_, at) =>
      pickNextPollDelaySeconds(
        { jobType: "CreateCluster", ageSeconds: 15, durations: [] },
        poll,
        () => at / 1000,
      ),
    );
    expect(new Set(delays).size).toBeGreaterThan(9);
  });

  it("is shortest at the ages at which earlier jobs ended", () => {
    const polls = pollsUntil(900, past([380, 400, 410, 420, 430, 440, 460]));
    const within = (from: number, to: number) => polls.filter((age) => age >= from && age < to).length;
    expect(within(350, 500)).toBeGreaterThan(within(15, 350));
    expect(within(350, 500)).toBeGreaterThan(within(500, 650));
  });

  it("stays long at ages that no earlier job reached", () => {
    const polls = pollsUntil(6 * 3600, past([400, 410, 420]));
    const late = polls.filter((age) => age > 3600);
    for (const [at, age] of late.slice(1).entries()) expect(age - (late[at] ?? 0)).toBeGreaterThan(20);
  });
});

const LAST = AGES.length - 1;

/** Histories with any distribution of durations, for example with gaps or long tails. */
const histories = fc.array(
  fc.record({
    day: fc.constant(1),
    bucket: fc.integer({ min: bucketOfDuration(30), max: bucketOfDuration(40_000) }),
    count: fc.integer({ min: 1, max: 50 }),
  }),
  { maxLength: 12 },
);
const learned = (past: readonly DurationCount[]) => getCachedSurvivalAtBucketStarts("CreateNode", past);
const costs = fc.record({
  pollCostSeconds: fc.constantFrom(0.2, 1, 7, 60),
  minDelaySeconds: fc.constantFrom(1, 2, 15),
});

/** Returns the lowest cost after each planned age. The function tries every age for the next poll. */
function leastCosts(
  survival: Float64Array,
  { pollCostSeconds: cost, minDelaySeconds: min }: { pollCostSeconds: number; minDelaySeconds: number },
): Float64Array {
  const toGo = new Float64Array(LAST + 1);
  for (let at = LAST - 1; at >= 0; at--) {
    const age = AGES[at] ?? 0;
    const pending = survivalAt(survival, age);
    let least = Number.POSITIVE_INFINITY;
    for (let next = at + 1; next <= LAST; next++) {
      const waited = pending * (cost + (AGES[next] ?? 0) - age);
      if (waited > least) break;
      if (next === LAST || (AGES[next] ?? 0) >= age + min)
        least = Math.min(least, waited + (toGo[next] ?? 0));
    }
    toGo[at] = least;
  }
  return toGo;
}

function between(values: Float64Array, age: number): number {
  const after = AGES.findIndex((value) => value >= age);
  const [from, to] = [AGES[after - 1] ?? 0, AGES[after] ?? 0];
  const weight = after === 0 ? 1 : (age - from) / (to - from);
  return (values[after - 1] ?? 0) * (1 - weight) + (values[after] ?? 0) * weight;
}

describe("the plan of polls", () => {
  it("has at every age the lowest cost of all sequences of polls", () => {
    fc.assert(
      fc.property(histories, costs, (past, settings) => {
        const survival = learned(past);
        const { costs: planned } = planCheapestPolls(survival, settings);
        for (const [at, least] of leastCosts(survival, settings).entries())
          expect(Math.abs((planned[at] ?? 0) - least)).toBeLessThan(1e-6 * (1 + least));
      }),
      { numRuns: 6 },
    );
  });

  it("returns only delays that cost at most a few hundredths of a poll more than the best", () => {
    const ages = fc.array(fc.double({ min: 0, max: 5000, noNaN: true }), { minLength: 20, maxLength: 20 });
    fc.assert(
      fc.property(histories, costs, ages, (past, settings, list) => {
        const survival = learned(past);
        const least = leastCosts(survival, settings);
        for (const age of list) {
          const pending = survivalAt(survival, age);
          const cost = (delay: number) => pending * delay + between(least, age + delay);
          const { minSeconds, maxSeconds } = findDelaysCloseToLowestCost({
            ...settings,
            survival,
            ageSeconds: age,
            maxDelaySeconds: 1e6,
          });
          const best = AGES.reduce(
            (best, at, index) =>
              at < age + settings.minDelaySeconds
                ? best
                : Math.min(best, pending * (at - age) + (least[index] ?? 0)),
            Number.POSITIVE_INFINITY,
          );
          const slack = (0.02 * settings.pollCostSeconds + 0.5) * pending;
          expect(cost(minSeconds)).toBeLessThanOrEqual(best + slack);
          expect(cost(maxSeconds)).toBeLessThanOrEqual(best + slack);
        }
      }),
      { numRuns: 6 },
    );
  });

  /**
   * Returns the shortest and the longest cheap delay. The function tries all ages in whole seconds for the next poll.
   * Below 400 s, these ages are the planned ages.
   */
  function cheapDelays(
    survival: Float64Array,
    ageSeconds: number,
    { pollCostSeconds, minDelaySeconds, maxDelaySeconds }: Record<string, number>,
    least: Float64Array,
  ): { readonly minSeconds: number; readonly maxSeconds: number } {
    const [min = 0, max = 0, pollCost = 0] = [minDelaySeconds, maxDelaySeconds, pollCostSeconds];
    const pending = survivalAt(survival, ageSeconds);
    const costAt = (age: number) => pending * (age - ageSeconds) + (least[age] ?? 0);
    const ages = Array.from({ length: 400 }, (_, age) => age).filter((age) => age - ageSeconds >= min);
    const best = ages.reduce((found, age) => (costAt(age) < costAt(found) ? age : found));
    const isCheap = (age: number) => costAt(age) <= costAt(best) + 0.02 * pollCost * pending;
    let [low, high] = [best, best];
    while (ages.includes(low - 1) && isCheap(low - 1)) low -= 1;
    while (high + 1 - ageSeconds <= max && isCheap(high + 1)) high += 1;
    const clamp = (seconds: number) => Math.min(max, Math.max(min, seconds));
    const [from, to] = [Math.ceil(low - ageSeconds), Math.floor(high - ageSeconds)];
    const nearest = clamp(Math.round(best - ageSeconds));
    return from <= to
      ? { minSeconds: clamp(from), maxSeconds: clamp(to) }
      : { minSeconds: nearest, maxSeconds: nearest };
  }

  it.each([
    { pollCostSeconds: 1, minDelaySeconds: 2, maxDelaySeconds: 900 },
    { pollCostSeconds: 0.2, minDelaySeconds: 1, maxDelaySeconds: 900 },
    { pollCostSeconds: 7, minDelaySeconds: 15, maxDelaySeconds: 900 },
    { pollCostSeconds: 7, minDelaySeconds: 1, maxDelaySeconds: 12 },
    { pollCostSeconds: 1, minDelaySeconds: 4, maxDelaySeconds: 9 },
    { pollCostSeconds: 1, minDelaySeconds: 7, maxDelaySeconds: 11 },
    { pollCostSeconds: 3, minDelaySeconds: 9, maxDelaySeconds: 15 },
    { pollCostSeconds: 0.05, minDelaySeconds: 1, maxDelaySeconds: 900 },
    { pollCostSeconds: 0.01, minDelaySeconds: 1, maxDelaySeconds: 900 },
  ])(
    "returns all delays that cost at most 2 % of a poll more than the best, and no others: %j",
    (settings) => {
      const survival = learned(past([60, 90, 95, 130, 180, 250]));
      const least = leastCosts(survival, settings);
      for (const ageSeconds of [0, 1, 10.5, 20, 40.25, 57, 58.9, 85, 93.5, 120, 128, 131.75, 175, 200.1])
        expect([ageSeconds, findDelaysCloseToLowestCost({ ...settings, survival, ageSeconds })]).toEqual([
          ageSeconds,
          cheapDelays(survival, ageSeconds, settings, least),
        ]);
    },
  );

  it("returns whole seconds within the bounds at any age", () => {
    fc.assert(
      fc.property(
        histories,
        costs,
        fc.double({ min: 0, max: 2 * bucketStartSeconds(BUCKETS), noNaN: true }),
        (past, settings, ageSeconds) => {
          const { minSeconds, maxSeconds } = findDelaysCloseToLowestCost({
            ...settings,
            survival: learned(past),
            ageSeconds,
            maxDelaySeconds: 900,
          });
          expect(Number.isInteger(minSeconds) && Number.isInteger(maxSeconds)).toBe(true);
          expect(minSeconds).toBeGreaterThanOrEqual(settings.minDelaySeconds);
          expect(maxSeconds).toBeGreaterThanOrEqual(minSeconds);
          expect(maxSeconds).toBeLessThanOrEqual(900);
        },
      ),
    );
  });

  it("returns no delay to an age after the last planned age", () => {
    const survival = learned(past([60]));
    const [before = 0, end = 0] = AGES.slice(-2);
    const settings = { pollCostSeconds: 1, minDelaySeconds: 2, maxDelaySeconds: 1e6 };
    const delays = findDelaysCloseToLowestCost({ ...settings, survival, ageSeconds: before - 10 });
    expect(delays.minSeconds).toBeGreaterThanOrEqual(10);
    expect(delays.maxSeconds).toBe(Math.floor(end - (before - 10)));
  });

  it("returns the maximum delay for an age beyond all planned ages", () => {
    const survival = new Float64Array(BUCKETS + 1).fill(1);
    const settings = { pollCostSeconds: 1, minDelaySeconds: 2, maxDelaySeconds: 900 };
    expect(findDelaysCloseToLowestCost({ ...settings, survival, ageSeconds: 1e9 })).toEqual({
      minSeconds: 900,
      maxSeconds: 900,
    });
  });
});

test.each([
  [1, 5],
  [2, 10],
  [3, 20],
  [6, 160],
  [7, 300],
  [500, 300],
])("the delay after %i failed polls in a row is from 1 to %i seconds", (failures, maxSeconds) => {
  const delays = [0, 0.5, 0.9999].map((part) => pickDelayAfterFailedPollsSeconds(failures, () => part));
  expect(delays).toEqual([1, 1 + Math.floor(maxSeconds / 2), maxSeconds]);
});

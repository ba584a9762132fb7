import { createSeededRandom } from "../../../bench/schedule/seeded-random.ts";
import { bucketOfDuration, bucketStartSeconds } from "../../../lib/schedule/duration-counts.ts";
import {
  appendDurationsAndDropOldest,
  type EndedJob,
  NO_LATEST_DURATIONS,
} from "../../../lib/schedule/latest-durations.ts";
import { computeSlowLimitOf95Percent } from "../../../lib/schedule/slow-limit.ts";

/** Distributions of job durations in seconds. `u` returns a random number from 0 to 1. */
const DISTRIBUTIONS: Readonly<Record<string, (u: () => number) => number>> = {
  normal: (u) => 450 + 60 * normal(u),
  narrow: (u) => 600 + 0.2 * normal(u),
  constant: () => 300,
  uniform: (u) => 100 + 900 * u(),
  exponential: (u) => -300 * Math.log(1 - u()),
  "log-normal": (u) => 400 * Math.exp(0.3 * normal(u)),
  "wide log-normal": (u) => 200 * Math.exp(1.2 * normal(u)),
  "Pareto 1.5": (u) => 200 * (1 - u()) ** (-1 / 1.5),
  "Pareto 0.8": (u) => 100 * (1 - u()) ** (-1 / 0.8),
  Cauchy: (u) => Math.abs(300 + 40 * Math.tan(Math.PI * (u() - 0.5))),
  "Weibull 0.6": (u) => 250 * (-Math.log(1 - u())) ** (1 / 0.6),
  "two modes": (u) => (u() < 0.6 ? 120 : 900) + 20 * normal(u),
  "early failures": (u) => (u() < 0.3 ? 40 + 5 * normal(u) : 500 + 50 * normal(u)),
  "5 % stuck": (u) => (u() < 0.05 ? 3600 : 420 + 40 * normal(u)),
  "8 % stuck": (u) => (u() < 0.08 ? 3600 + 600 * u() : 420 + 40 * normal(u)),
  seconds: (u) => 1 + 2 * u(),
  days: (u) => 200_000 + 300_000 * u(),
};

function normal(u: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - u())) * Math.cos(2 * Math.PI * u());
}

/** Returns the part of new jobs that are slow by the limit from earlier jobs, over many samples. */
function slowPart(draw: (u: () => number) => number, earlier: number, perDay: number): number {
  const random = createSeededRandom(earlier * 7919 + perDay);
  let slow = 0;
  const samples = 400;
  const jobs = 25;
  for (let sample = 0; sample < samples; sample += 1) {
    const durations = Array.from({ length: earlier }, (_, job) => ({
      day: 20_000 + Math.floor(job / perDay),
      bucket: bucketOfDuration(draw(random)),
      count: 1,
    }));
    const limit = computeSlowLimitOf95Percent(durations, [])?.p95Seconds ?? Number.POSITIVE_INFINITY;
    for (let job = 0; job < jobs; job += 1) if (draw(random) >= limit) slow += 1;
  }
  return slow / (samples * jobs);
}

const CASES = Object.keys(DISTRIBUTIONS).flatMap((name) =>
  [20, 39, 57, 200].flatMap((earlier) => [2, 1000].map((perDay) => [name, earlier, perDay] as const)),
);

test.each(CASES)(
  "at most 6 %% of new jobs are slow: %s, %d earlier jobs, %d per day",
  (name, earlier, perDay) => {
    const draw = DISTRIBUTIONS[name] ?? (() => 0);
    expect(slowPart(draw, earlier, perDay)).toBeLessThanOrEqual(0.06);
  },
);

test("the limit finds slow jobs: 2 to 6 % of the jobs of a smooth distribution", () => {
  for (const earlier of [39, 200])
    expect(slowPart(DISTRIBUTIONS["log-normal"] ?? (() => 0), earlier, 2)).toBeGreaterThan(0.02);
});

type Change = (u: () => number, part: number) => number;

/** Durations that change. `part` rises from 0 for the first job to 1 for the last job. */
const GRADUAL: readonly (readonly [string, Change])[] = [
  ["from 400 s to 600 s", (u, part) => 400 + 200 * part + 40 * normal(u)],
  ["from 400 s to 600 s, with little variation", (u, part) => 400 + 200 * part + 10 * normal(u)],
  ["log-normal, to twice as long", (u, part) => 400 * (1 + part) * Math.exp(0.3 * normal(u))],
  ["each job longer than all before", (_, part) => 300 + 400 * part],
];
const FAST: readonly (readonly [string, Change])[] = [
  ["400 s to 600 s half-way", (u, part) => (part < 0.5 ? 400 : 600) + 60 * normal(u)],
  ["420 s to 460 s half-way", (u, part) => (part < 0.5 ? 420 : 460) + 60 * normal(u)],
  ["log-normal, twice as long after 70 %", (u, part) => (part < 0.7 ? 400 : 800) * Math.exp(0.3 * normal(u))],
  ["5 % to 30 % stuck half-way", (u, part) => (u() < (part < 0.5 ? 0.05 : 0.3) ? 900 : 120) + 20 * normal(u)],
  ["up and down three times", (u, part) => 400 + 100 * Math.sin(6 * Math.PI * part) + 30 * normal(u)],
];

/**
 * Returns the part of jobs that are slow by the limit from the jobs that ended before their start, and the part that
 * would be slow if each job took twice as long. `parallel` jobs run at the same time, and a job starts when another job
 * ends. The first 20 jobs have no limit.
 */
function slowPartOfChange(
  draw: Change,
  perDay: number,
  parallel: number,
): { readonly slow: number; readonly twiceAsLong: number } {
  const random = createSeededRandom(perDay + parallel);
  const [samples, jobs] = [8, 200];
  let [slow, twiceAsLong] = [0, 0];
  for (let sample = 0; sample < samples; sample += 1) {
    const counts: { day: number; bucket: number; count: number }[] = [];
    let latest = NO_LATEST_DURATIONS;
    const running = Array.from({ length: parallel }, (_, job) => ({ endedAt: job * 1000, seconds: 0 }));
    for (let job = 0; job < jobs; job += 1) {
      running.sort((a, b) => a.endedAt - b.endedAt);
      const ended = running.shift() ?? { endedAt: 0, seconds: 0 };
      if (ended.seconds > 0) {
        const day = 20_000 + Math.floor(counts.length / perDay);
        counts.push({ day, bucket: bucketOfDuration(ended.seconds), count: 1 });
        latest = appendDurationsAndDropOldest(latest, { job: ended, subJobs: {} });
      }
      const seconds = draw(random, job / jobs);
      const limit = computeSlowLimitOf95Percent(counts, latest.jobs)?.p95Seconds ?? Number.POSITIVE_INFINITY;
      if (seconds >= limit) slow += 1;
      if (2 * seconds >= limit) twiceAsLong += 1;
      running.push({ endedAt: ended.endedAt + seconds * 1000, seconds });
    }
  }
  const compared = samples * (jobs - 20);
  return { slow: slow / compared, twiceAsLong: twiceAsLong / compared };
}

describe.each([10, 200])("if the durations change, with %d jobs per day", (perDay) => {
  describe.each(GRADUAL)("slowly: %s", (_, draw) => {
    test.each([1, 10])("at most 6 %% of 180 jobs are slow, with %d at the same time", (parallel) => {
      expect(slowPartOfChange(draw, perDay, parallel).slow).toBeLessThanOrEqual(0.06);
    });
  });

  // If several jobs start before the first longer job ends, no limit from ended jobs can know of the change.
  test.each(FAST)("fast: at most 6 %% of 180 jobs are slow, one after the other: %s", (_, draw) => {
    expect(slowPartOfChange(draw, perDay, 1).slow).toBeLessThanOrEqual(0.06);
  });
});

test.each([...GRADUAL, ...FAST])("at most 6 %% of 180 jobs are slow, with one job per day: %s", (_, draw) => {
  expect(slowPartOfChange(draw, 1, 1).slow).toBeLessThanOrEqual(0.06);
});

test("a job that takes twice as long is still slow if the durations rise within one day", () => {
  const { twiceAsLong } = slowPartOfChange((u, part) => 400 + 200 * part + 10 * normal(u), 200, 1);
  expect(twiceAsLong).toBeGreaterThan(0.95);
});

test("fewer than 20 jobs, or fewer than 20 since the last change, give no limit", () => {
  const jobs = (count: number, seconds: number, day: number) => ({
    day,
    bucket: bucketOfDuration(seconds),
    count,
  });
  expect(computeSlowLimitOf95Percent([], [])).toBeNull();
  expect(computeSlowLimitOf95Percent([jobs(19, 300, 1)], [])).toBeNull();
  expect(computeSlowLimitOf95Percent([jobs(20, 300, 1)], [])).toMatchObject({ fromJobs: 20 });
  expect(computeSlowLimitOf95Percent([jobs(100, 300, 1), jobs(15, 900, 2)], [])).toBeNull();
});

/** Returns jobs that ran one after the other, without a pause. */
function oneAfterTheOther(durations: readonly number[]): EndedJob[] {
  let endedAt = 0;
  return durations.map((seconds) => {
    endedAt += seconds * 1000;
    return { endedAt, seconds };
  });
}

const countsOf = (durations: readonly number[]) =>
  durations.map((seconds) => ({ day: 1, bucket: bucketOfDuration(seconds), count: 1 }));

/** Each duration is 1 % longer than the duration before. The values have no rounding error in seconds. */
const rising = (jobs: number) => Array.from({ length: jobs }, (_, job) => 100 * 1.01 ** job);
const limitOf = (durations: readonly number[], latest = durations) =>
  computeSlowLimitOf95Percent(countsOf(durations), oneAfterTheOther(latest))?.p95Seconds ?? 0;

test("if each job takes 1 % longer than the job before, the limit is the duration of the next job", () => {
  for (const jobs of [41, 60])
    expect(Math.abs(limitOf(rising(jobs)) - 100 * 1.01 ** jobs)).toBeLessThan(0.06);
});

test("a job is compared with the jobs that ended before its start, and not with jobs that ran in parallel", () => {
  const before = oneAfterTheOther(Array<number>(40).fill(100));
  const startedAt = before.at(-1)?.endedAt ?? 0;
  const parallel = Array.from({ length: 30 }, (_, job) => ({
    endedAt: startedAt + (200 + job) * 1000,
    seconds: 200 + job,
  }));
  const jobs = [...before, ...parallel];
  const counts = countsOf(jobs.map(({ seconds }) => seconds));
  // The median of the latest 20 jobs is 219 s. 95 % of the jobs took at most 2.28 times as long as the jobs before.
  expect(computeSlowLimitOf95Percent(counts, jobs)?.p95Seconds).toBeCloseTo(219 * 2.28, 0);
});

test("20 jobs give no limit for rising durations, and 21 jobs do", () => {
  const steep = Array.from({ length: 60 }, (_, job) => 100 + 10 * job);
  expect(limitOf(steep, steep.slice(0, 20))).toBe(limitOf(steep, []));
  // The median of the first 20 jobs is 190 s. The next job took 10 times as long. The median of the latest 20 is 200 s.
  expect(limitOf(steep, [...steep.slice(0, 20), 1900])).toBe(2000);
});

test("the limit is the end of the bucket that contains 95 % of the jobs, and the median is the middle of its bucket", () => {
  const durations = [...Array<number>(19).fill(300), 900];
  const [end, middle] = [1, 0.5].map((part) => bucketStartSeconds(bucketOfDuration(300) + part));
  const many = [...durations, ...durations, ...durations];
  expect(computeSlowLimitOf95Percent(countsOf(many), [])).toEqual({
    p50Seconds: Math.round((middle ?? 0) * 10) / 10,
    p95Seconds: Math.round(bucketStartSeconds(bucketOfDuration(900) + 1) * 10) / 10,
    fromJobs: 60,
  });
  const rare = [...Array<number>(59).fill(300), 900];
  expect(limitOf(rare, [])).toBe(Math.round((end ?? 0) * 10) / 10);
});

test("jobs that took no time at all give a limit of at most a second", () => {
  const limit = limitOf(Array<number>(60).fill(0));
  expect(limit).toBeGreaterThan(0);
  expect(limit).toBeLessThanOrEqual(1);
});

test("a job must also take longer than 95 % of the jobs of the latest days", () => {
  const day = (number: number, seconds: readonly number[]) =>
    seconds.map((value) => ({ day: number, bucket: bucketOfDuration(value), count: 1 }));
  const earlier = Array.from({ length: 5 }, (_, number) =>
    day(number + 1, Array<number>(20).fill(300)),
  ).flat();
  const latest = day(6, [...Array<number>(18).fill(300), 900, 900]);
  expect(computeSlowLimitOf95Percent([...earlier, ...latest], [])).toMatchObject({
    p95Seconds: Math.round(bucketStartSeconds(bucketOfDuration(900) + 1) * 10) / 10,
    fromJobs: 120,
  });
});

test("the median is not the shortest duration", () => {
  const durations = [...Array<number>(20).fill(100), ...Array<number>(40).fill(300)];
  const limit = computeSlowLimitOf95Percent(countsOf(durations), []);
  expect(limit?.p50Seconds).toBe(Math.round(bucketStartSeconds(bucketOfDuration(300) + 0.5) * 10) / 10);
});

test("one job that took nine times as long raises the limit, although shorter jobs followed", () => {
  const durations = [...Array<number>(20).fill(100), 900, ...Array<number>(19).fill(100)];
  expect(limitOf(durations)).toBe(900);
});

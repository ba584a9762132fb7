import { createSeededRandom } from "../../../bench/schedule/seeded-random.ts";
import { type DurationCount, durationBucket } from "../../../lib/schedule/duration-buckets.ts";
import { expectedDuration, slowAgeSeconds } from "../../../lib/schedule/expected-duration.ts";

const counted = (seconds: readonly number[], day = 20_000): DurationCount[] =>
  seconds.map((duration) => ({ day, bucket: durationBucket(duration), count: 1 }));

describe("expectedDuration", () => {
  it("returns null if no job has ended", () => {
    expect(expectedDuration([], 0)).toBeNull();
  });

  it("returns the median and the ninth decile of the observed jobs, within the width of a bucket", () => {
    const expected = expectedDuration(counted([100, 200, 300, 400, 500, 600, 700, 800, 900, 1000]), 0);
    expect(expected?.fromJobs).toBe(10);
    expect(Math.abs((expected?.p50Seconds ?? 0) / 500 - 1)).toBeLessThan(0.03);
    expect(Math.abs((expected?.p90Seconds ?? 0) / 900 - 1)).toBeLessThan(0.03);
  });

  it("returns the median remaining time of the jobs that took longer than the job until now", () => {
    const durations = counted([100, 100, 100, 500, 600, 700]);
    const remaining = (age: number) => expectedDuration(durations, age)?.remainingSeconds ?? null;
    expect(remaining(200)).toBeGreaterThan(380);
    expect(remaining(200)).toBeLessThan(420);
    expect(remaining(550)).toBeLessThan(160);
  });

  it("returns no remaining time for a job that takes longer than every observed job", () => {
    expect(expectedDuration(counted([100, 200]), 300)?.remainingSeconds).toBeNull();
  });
});

describe("slowAgeSeconds", () => {
  it("is unknown for fewer than 20 jobs", () => {
    expect(slowAgeSeconds(counted(Array.from({ length: 19 }, () => 100)))).toBeNull();
    expect(slowAgeSeconds(counted(Array.from({ length: 20 }, () => 100)))).toBeGreaterThanOrEqual(100);
  });

  const DISTRIBUTIONS: Readonly<Record<string, (u: number, v: number) => number>> = {
    uniform: (u) => 300 + 320 * u,
    exponential: (u) => -300 * Math.log(1 - u),
    "heavy-tailed": (u) => 120 / (1 - u) ** (1 / 1.2),
    "with two peaks": (u, v) => (v < 0.9 ? 100 + 5 * u : 900 + 50 * u),
    constant: () => 240,
  };

  it.each(Object.entries(DISTRIBUTIONS))("calls at most 6 %% of jobs slow if durations are %s", (_, draw) => {
    const random = createSeededRandom(7);
    const duration = () => draw(random(), random());
    let [slow, jobs] = [0, 0];
    for (let run = 0; run < 400; run += 1) {
      const age = slowAgeSeconds(counted(Array.from({ length: 20 + (run % 60) }, duration)));
      for (let job = 0; job < 20; job += 1) {
        jobs += 1;
        if (age !== null && duration() > age) slow += 1;
      }
    }
    expect(slow / jobs).toBeLessThanOrEqual(0.06);
  });
});

import { Settings } from "../../../lib/config/settings.ts";
import { daysSince1970, durationBucket } from "../../../lib/schedule/duration-buckets.ts";
import { firstDelaySeconds, nextDelaySeconds } from "../../../lib/schedule/poll-delay.ts";

const NOW = Date.UTC(2026, 0, 15);
const { poll } = Settings.parse({});
const past = (seconds: number[]) =>
  seconds.map((value) => ({ day: daysSince1970(NOW), bucket: durationBucket(value), count: 20 }));

function pollsUntil(end: number, durations: ReturnType<typeof past>): number[] {
  const polls = [15];
  for (let age = 15; age < end; polls.push(age))
    age += nextDelaySeconds({ jobType: "CreateCluster", ageSeconds: age, durations }, poll, () => 0.5);
  return polls;
}

describe("the delay of a poll", () => {
  it("spreads a thousand first polls over ten seconds", () => {
    const delays = Array.from({ length: 1000 }, (_, at) => firstDelaySeconds(poll, () => at / 1000));
    expect(new Set(delays).size).toBeGreaterThan(9);
    expect(Math.max(...delays)).toBeLessThanOrEqual(20);
  });

  it("plans the first poll by the durations of earlier jobs when at least 20 have ended", () => {
    const first = (jobs: number[]) =>
      firstDelaySeconds(
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
      firstDelaySeconds(
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
      nextDelaySeconds(
        { jobType: "CreateCluster", ageSeconds: 15, durations },
        { ...poll, minDelaySeconds },
        () => 0.5,
      );
    expect(delay(2)).toBeLessThan(405);
    expect(delay(120)).toBeGreaterThan(405);
    expect(delay(300)).toBeGreaterThan(delay(120));
  });

  it("spreads the next polls of a thousand jobs of one age", () => {
    const delays = Array.from({ length: 1000 }, (_, at) =>
      nextDelaySeconds({ jobType: "CreateCluster", ageSeconds: 15, durations: [] }, poll, () => at / 1000),
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

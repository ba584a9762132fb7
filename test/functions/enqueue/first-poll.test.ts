import { firstPoll } from "../../../functions/enqueue/first-poll.ts";
import { Settings } from "../../../lib/config/settings.ts";
import { durationBucket, durationDay } from "../../../lib/schedule/duration-buckets.ts";
import { createMemoryLedger } from "../../simulation/memory-ledger.ts";

const { poll } = Settings.parse({});

function world(read: (project: string, jobType: string) => void = () => {}) {
  const clock = { at: Date.UTC(2026, 0, 15) };
  const memory = createMemoryLedger();
  const failures: unknown[] = [];
  const ledger = {
    readDurations: async (project: string, jobType: string) => {
      read(project, jobType);
      return memory.readDurations(project, jobType);
    },
  };
  const ended = (project: string, seconds: number) => {
    const day = durationDay(clock.at);
    const entry = { project, jobType: "*", bucket: durationBucket(seconds), day, expiresAt: 0 };
    return memory.addDuration(entry);
  };
  const first = firstPoll(
    ledger,
    () => clock.at,
    () => 0.5,
    (error) => failures.push(error),
  );
  return { clock, failures, ended, first };
}

describe("the first poll", () => {
  it("comes soon where little is known, and when jobs of the past ended where much is", async () => {
    const { clock, ended, first } = world();
    for (let job = 0; job < 60; job++) await ended("slow", 420 + job);
    expect(await first(poll, "new", 1)).toBeLessThanOrEqual(20);
    expect(await first(poll, "slow", 1)).toBeGreaterThan(150);
    for (let job = 0; job < 60; job++) await ended("new", 30 + job / 4);
    clock.at += 600_000;
    expect(await first(poll, "new", 1)).toBeGreaterThan(20);
    expect(await first(poll, "new", 1)).toBeLessThan(60);
  });

  it("asks the ledger once per project and ten minutes, however many jobs come", async () => {
    const reads: string[] = [];
    const { clock, first } = world((...read) => reads.push(read.join("/")));
    await Promise.all(Array.from({ length: 100 }, () => first(poll, "prod", 1)));
    await first(poll, "test", 1);
    clock.at += 599_999;
    await first(poll, "prod", 1);
    expect(reads).toEqual(["prod/*", "test/*"]);
    clock.at += 1;
    await first(poll, "prod", 1);
    expect(reads).toHaveLength(3);
  });

  it("costs a large call no read: it goes by what smaller ones have read", async () => {
    const reads: string[] = [];
    const { ended, first } = world((...read) => reads.push(read.join("/")));
    for (let job = 0; job < 60; job++) await ended("prod", 420 + job);
    expect(await first(poll, "prod", 100)).toBeLessThanOrEqual(20);
    expect(reads).toEqual([]);
    await first(poll, "prod", 1);
    expect(await first(poll, "prod", 100)).toBeGreaterThan(150);
    expect(reads).toEqual(["prod/*"]);
  });

  it("comes soon, and is told of, when the ledger does not answer", async () => {
    const { failures, first } = world(() => {
      throw new Error("throttled");
    });
    expect(await first(poll, "prod", 1)).toBeLessThanOrEqual(20);
    expect(failures).toHaveLength(1);
  });
});

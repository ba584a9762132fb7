import { createFirstPollDelayPlanner } from "../../../functions/enqueue/start-or-extend-watches.ts";
import { Settings } from "../../../lib/config/settings.ts";
import { bucketOfDuration, daysSince1970 } from "../../../lib/schedule/duration-counts.ts";
import { createMemoryLedger } from "../../simulation/memory-ledger.ts";

const { poll } = Settings.parse({});

function setUp(read: (project: string, jobType: string) => void = () => {}) {
  const clock = { at: Date.UTC(2026, 0, 15) };
  const memory = createMemoryLedger();
  const failures: unknown[] = [];
  const ledger = {
    readDurationCounts: async (project: string, jobType: string) => {
      read(project, jobType);
      return memory.readDurationCounts(project, jobType);
    },
  };
  const ended = (project: string, seconds: number) => {
    const day = daysSince1970(clock.at);
    const entry = { project, jobType: "*", bucket: bucketOfDuration(seconds), day, expiresAt: 0 };
    return memory.addDuration(entry);
  };
  const delay = createFirstPollDelayPlanner({
    ledger,
    now: () => clock.at,
    random: () => 0.5,
    onDurationsUnread: (error) => failures.push(error),
  });
  return { clock, failures, ended, delay };
}

describe("the delay of the first poll", () => {
  it("is short for a project without learned durations, and follows the learned durations of any other project", async () => {
    const { clock, ended, delay } = setUp();
    for (let job = 0; job < 60; job++) await ended("slow", 420 + job);
    expect(await delay(poll, "new", 1)).toBeLessThanOrEqual(20);
    expect(await delay(poll, "slow", 1)).toBeGreaterThan(150);
    for (let job = 0; job < 60; job++) await ended("new", 30 + job / 4);
    clock.at += 600_000;
    expect(await delay(poll, "new", 1)).toBeGreaterThan(20);
    expect(await delay(poll, "new", 1)).toBeLessThan(60);
  });

  it("reads the ledger once in five minutes per project, for any number of jobs", async () => {
    const reads: string[] = [];
    const { clock, delay } = setUp((...read) => reads.push(read.join("/")));
    await Promise.all(Array.from({ length: 100 }, () => delay(poll, "prod", 1)));
    await delay(poll, "test", 1);
    clock.at += 299_999;
    await delay(poll, "prod", 1);
    expect(reads).toEqual(["prod/*", "test/*"]);
    clock.at += 1;
    await delay(poll, "prod", 1);
    expect(reads).toHaveLength(3);
  });

  it("of a large call uses durations that small calls have read, without a read of the ledger", async () => {
    const reads: string[] = [];
    const { ended, delay } = setUp((...read) => reads.push(read.join("/")));
    for (let job = 0; job < 60; job++) await ended("prod", 420 + job);
    expect(await delay(poll, "prod", 100)).toBeLessThanOrEqual(20);
    expect(reads).toEqual([]);
    await delay(poll, "prod", 1);
    expect(await delay(poll, "prod", 100)).toBeGreaterThan(150);
    expect(reads).toEqual(["prod/*"]);
  });

  it("of an operation follows the learned durations of its kind, for any number of jobs", async () => {
    const reads: string[] = [];
    const { delay } = setUp((...read) => reads.push(read.join("/")));
    await delay(poll, "prod", 100, "awake");
    expect(reads).toEqual(["prod/awake"]);
  });

  it("is short when the ledger does not answer, and the failure is reported", async () => {
    const { failures, delay } = setUp(() => {
      throw new Error("throttled");
    });
    expect(await delay(poll, "prod", 1)).toBeLessThanOrEqual(20);
    expect(failures).toHaveLength(1);
  });
});

import { createPollHandler } from "../../../functions/poll/create-poll-handler.ts";
import { createProjectRateLimit } from "../../../functions/shared/project-rate-limit.ts";
import type { Observation } from "../../../lib/domain/job.ts";
import { createPollMessage } from "../../../lib/queue/messages.ts";
import { configWith, PROJECT, T0 } from "../../simulation/draw-inputs.ts";
import { createMemoryLedger } from "../../simulation/memory-ledger.ts";
import { createMemoryQueue } from "../../simulation/memory-queue.ts";
import { jobIn } from "../steps-harness.ts";

const WINDOW_MS = 300_000;
const QUOTA = 200;
const INSTANCES = 5;

/** Runs jobs of ten minutes that were all accepted within one minute, over several instances of the poll function. */
async function run(jobs: number, settings: Record<string, unknown>, deadlineMinutes = 12 * 60) {
  const clock = { at: T0 };
  const now = () => clock.at;
  const ledger = createMemoryLedger();
  const queueNamed = (name: string) => createMemoryQueue({ name, now, visibilitySeconds: 180 });
  const pollQueue = queueNamed("poll");
  const config = configWith(settings);
  const asked: number[] = [];
  const [refused, ended] = [[] as number[], new Map<string, number>()];
  const cce = {
    async queryJob({ jobId }: { jobId: string }): Promise<Observation> {
      asked.push(clock.at);
      if (asked.filter((at) => at > clock.at - WINDOW_MS).length > QUOTA) {
        refused.push(clock.at);
        return { kind: "throttled", text: "fewer", retryAfterSeconds: null };
      }
      const observation = jobIn(clock.at - T0 >= 600_000 ? "succeeded" : "pending");
      return observation.kind === "job"
        ? { ...observation, job: { ...observation.job, jobId } }
        : observation;
    },
    queryMissingFailureReasons: () => Promise.reject(new Error("no job fails here")),
    queryResource: () => Promise.reject(new Error("no watch waits until ready here")),
    unansweredWaitMs: () => 0,
  };
  const instances = Array.from({ length: INSTANCES }, () =>
    createPollHandler({
      ledger: { ...ledger, readDurationCounts: async () => [] },
      pollQueue,
      deadLetterQueue: queueNamed("dead"),
      notifyQueue: queueNamed("notify"),
      configs: { currentWith: async () => config },
      createCce: () => cce,
      defaultUrl: "https://default.example",
      now,
      random: () => ((clock.at / 7919) % 97) / 97,
      onPoll: () => {},
      onConcluded: ({ jobId, outcome, concludedAt }) => ended.set(`${jobId} ${outcome}`, concludedAt),
      onUnreadable: (_, detail) => {
        throw new Error(detail);
      },
      onDurationsUnread: () => {},
    }),
  );
  const deadlineAt = T0 + deadlineMinutes * 60_000;
  for (let job = 0; job < jobs; job++) {
    const key = { project: PROJECT, jobId: `job-${job}`, caller: "token:ci" };
    const times = { acceptedAt: T0, deadlineAt, nextPollAt: T0, expiresAt: T0 * 2 };
    await ledger.startOrExtendWatch({
      ...key,
      ...times,
      targets: [],
      context: {},
      callbacks: {},
      digestId: null,
      traceparent: null,
    });
    await pollQueue.send([createPollMessage({ ...key, poll: 1, deadlineAt }, 10 + (job % 50))]);
  }
  for (let round = 0; ended.size < jobs && clock.at < deadlineAt + 2 * 3_600_000; clock.at += 1000, round++) {
    for (const received of pollQueue.receive(50)) {
      const handle = instances[round % INSTANCES]?.(1);
      expect(await handle?.({ ...received, remainingMs: () => 28_000 })).toBe("acknowledged");
      pollQueue.remove(received.receiptHandle);
    }
  }
  const busiest = Math.max(
    ...asked.map((from) => asked.filter((at) => at >= from && at < from + WINDOW_MS).length),
  );
  const outcomes = new Set([...ended.keys()].map((entry) => entry.split(" ")[1]));
  return { asked, refused, busiest, ended: ended.size, outcomes, lastAt: Math.max(...ended.values()) - T0 };
}

describe("a project's rate limit", () => {
  function createLimit() {
    const clock = { now: T0 };
    const reserved: unknown[][] = [];
    const ledger = {
      reserveRequestTime: async (...reservation: unknown[]) => {
        reserved.push(reservation);
        return clock.now;
      },
    };
    return { clock, reserved, limit: createProjectRateLimit(ledger, () => clock.now) };
  }

  it("spreads 80 % of the quota over five minutes, and allows 15 % of the quota at once", async () => {
    const { reserved, limit } = createLimit();
    expect(await limit.reserve(PROJECT, 200)).toBe(T0);
    const intervalMs = 1875;
    expect(reserved).toEqual([[`cce:${PROJECT}`, T0 - 30 * intervalMs, intervalMs]]);
  });

  it("applies without a configured quota for one hour after HTTP 429, and only to this project", async () => {
    const { clock, reserved, limit } = createLimit();
    expect(await limit.reserve(PROJECT, undefined)).toBeNull();
    limit.onThrottled(PROJECT);
    expect(await limit.reserve("other", undefined)).toBeNull();
    clock.now += 3_600_000 - 1;
    expect(await limit.reserve(PROJECT, undefined)).toBe(clock.now);
    clock.now += 1;
    expect(await limit.reserve(PROJECT, undefined)).toBeNull();
    expect(reserved).toHaveLength(1);
  });

  it("never exceeds the configured quota, and delays polls without losing a job", async () => {
    const few = await run(10, { poll: { queriesPerFiveMinutes: QUOTA } });
    expect(few).toMatchObject({ refused: [], ended: 10 });
    expect(few.lastAt).toBeLessThan(720_000);
    const many = await run(300, { poll: { queriesPerFiveMinutes: QUOTA } });
    expect(many).toMatchObject({ refused: [], ended: 300, outcomes: new Set(["succeeded"]) });
    expect(many.busiest).toBeLessThanOrEqual(QUOTA);
    expect(many.busiest).toBeGreaterThan(QUOTA / 2);
    expect(many.lastAt).toBeGreaterThan(720_000);
    expect(many.lastAt).toBeLessThan(3_600_000);
  });

  it("polls a job that ended before its deadline once more after the deadline, when only the rate limit delayed the poll", async () => {
    const polls = await run(150, { poll: { queriesPerFiveMinutes: 20 } }, 20);
    expect(polls).toMatchObject({ ended: 150, outcomes: new Set(["succeeded"]) });
    expect(polls.lastAt).toBeGreaterThan(20 * 60_000);
    expect(polls.lastAt).toBeLessThan(80 * 60_000);
  });

  it("applies without a configured quota after CCE answers with 429", async () => {
    const free = await run(10, {});
    expect(free).toMatchObject({ refused: [], ended: 10 });
    const many = await run(300, {});
    expect(many).toMatchObject({ ended: 300, outcomes: new Set(["succeeded"]) });
    const first = many.refused[0] ?? 0;
    expect(many.refused.length).toBeGreaterThan(0);
    expect(many.refused.filter((at) => at > first + 2 * WINDOW_MS)).toEqual([]);
  });
});

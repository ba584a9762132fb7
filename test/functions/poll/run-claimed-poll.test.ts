import type { Observation } from "../../../lib/domain/job.ts";
import { ANY_TYPE } from "../../../lib/schedule/duration-counts.ts";
import { PROJECT, T0 } from "../../simulation/draw-inputs.ts";
import { createFlow, jobIn, KEY } from "../steps-harness.ts";

const LIMITED = { settings: { poll: { queriesPerFiveMinutes: 10 } } };

describe("the poll of a job", () => {
  it("reports in seconds how late it is", async () => {
    const flow = createFlow();
    await flow.open();
    flow.clock.now = T0 + 7500;
    await flow.poll(1);
    expect(flow.recorded.polls).toMatchObject([{ latenessSeconds: 7.5 }]);
  });

  it("is never late before its time", async () => {
    const flow = createFlow();
    await flow.open({ nextPollAt: T0 + 5000 });
    await flow.poll(1);
    expect(flow.recorded.polls).toMatchObject([{ latenessSeconds: 0 }]);
  });

  it("is due again after the delay of its message", async () => {
    const flow = createFlow();
    await flow.open();
    await flow.poll(1);
    const delaySeconds = flow.pollQueue.state.messages[0]?.visibleAt ?? 0;
    const nextPollAt = (await flow.memory.readWatch(KEY))?.watch.nextPollAt;
    expect(nextPollAt).toBe(delaySeconds);
    expect(nextPollAt).toBeGreaterThan(T0 + 1000);
  });

  const WITHOUT_A_JOB: readonly Observation[] = [
    { kind: "unavailable", text: "down" },
    { kind: "throttled", text: "fewer", retryAfterSeconds: null },
    { kind: "unauthorized", text: "401" },
    { kind: "gone", text: "no such job" },
  ];
  it.each(WITHOUT_A_JOB)(
    "keeps the phase, the type and the name of the job after '$kind'",
    async (observation) => {
      const flow = createFlow();
      await flow.open();
      await flow.poll(1);
      flow.observation = observation;
      await flow.poll(2);
      const watch = (await flow.memory.readWatch(KEY))?.watch;
      expect(watch).toMatchObject({
        poll: 2,
        phase: "pending",
        jobType: "CreateCluster",
        resourceName: "blue",
      });
    },
  );

  it.each([28_000, 9000, 7000])(
    "keeps time to store the outcome of a failed job if %d ms remain",
    async (remainingMs) => {
      const flow = createFlow();
      await flow.open();
      flow.remainingMs = remainingMs;
      flow.observation = jobIn("failed");
      await flow.poll(1);
      const [query = 0, subJobs = 0] = flow.recorded.timeLimitsMs;
      expect(query).toBeGreaterThan(0);
      expect(subJobs).toBeGreaterThan(0);
      expect(remainingMs - query - subJobs).toBeGreaterThanOrEqual(1000);
    },
  );

  it("stores the context of its caller in the outcome", async () => {
    const flow = createFlow();
    await flow.open({ context: { actor: "release-bot", labels: { team: "x" } } });
    flow.observation = jobIn("failed");
    await flow.poll(1);
    expect(flow.recorded.concluded).toMatchObject([
      { context: { actor: "release-bot", labels: { team: "x" } }, polls: 1 },
    ]);
  });
});

describe("the poll that ends a watch", () => {
  it("neither reports the end nor learns from the job if another message has ended the watch", async () => {
    const learned: string[] = [];
    const addDuration = async ({ jobType }: { jobType: string }) => void learned.push(jobType);
    const late = createFlow({ ledger: { addDuration, endWatch: async () => ({ kind: "over" }) } });
    await late.open();
    late.observation = jobIn("succeeded");
    await late.poll(1);
    expect([late.recorded.concluded, learned]).toEqual([[], []]);

    const first = createFlow({ ledger: { addDuration } });
    await first.open();
    first.observation = jobIn("succeeded");
    await first.poll(1);
    expect(first.recorded.concluded).toHaveLength(1);
    expect(learned.sort()).toEqual([ANY_TYPE, "CreateCluster"]);
  });

  it("stores nothing for a watch that was restarted meanwhile", async () => {
    const flow = createFlow();
    await flow.open();
    const { readWatch } = flow.memory;
    const restarted = createFlow({
      ledger: {
        ...flow.memory,
        async readWatch(key) {
          const document = await readWatch(key);
          return document && { ...document, watch: { ...document.watch, generation: 1 } };
        },
      },
    });
    restarted.observation = jobIn("failed");
    await restarted.poll(1);
    expect(await flow.memory.readOutcome({ ...KEY, generation: 0 })).toBeNull();
    expect(restarted.notifyQueue.state.messages).toEqual([]);
  });
});

describe("the rate limit of a project", () => {
  it("is separate from the rate limit of a target with the same name", async () => {
    const flow = createFlow(LIMITED);
    await flow.open();
    await flow.memory.throttleTarget(PROJECT, T0 + 3_600_000);
    for (let i = 0; i < 20; i += 1) await flow.memory.reserveRequestTime(PROJECT, T0, 60_000);
    await flow.poll(1);
    expect(flow.recorded.polls).toMatchObject([{ observation: "job" }]);
    expect(await flow.memory.reserveRequestTime(PROJECT, T0, 60_000)).toBe(T0 + 20 * 60_000);
  });

  it("allows 15 % of the quota at once, also for the first poll, and spreads the other polls", async () => {
    const flow = createFlow({ settings: { poll: { queriesPerFiveMinutes: 20 } } });
    for (let i = 0; i < 6; i += 1) {
      const jobId = `job-${i}`;
      await flow.open({ jobId });
      await flow.poll(1, `m-${i}`, flow.pollQueue, jobId);
    }
    expect(flow.recorded.polls.map(({ observation }) => observation)).toEqual([
      ...Array.from({ length: 4 }, () => "job"),
      ...Array.from({ length: 2 }, () => "rate_limited"),
    ]);
  });

  it("is not a poll while it postpones the query", async () => {
    const flow = createFlow({
      ...LIMITED,
      ledger: { reserveRequestTime: async () => T0 * 2 },
    });
    await flow.open();
    await flow.poll(1);
    expect((await flow.memory.readWatch(KEY))?.watch).toMatchObject({
      poll: 1,
      rateLimitedPolls: 1,
      polledAt: [],
    });
    flow.clock.now = T0 + 3_600_000;
    await flow.poll(2);
    expect(flow.recorded.concluded).toMatchObject([{ outcome: "timed_out", polls: 0 }]);
  });

  it.each([null, 30])("starts after HTTP 429 with the Retry-After %j", async (retryAfterSeconds) => {
    const reserved: string[] = [];
    const flow = createFlow({
      ledger: {
        async reserveRequestTime(name) {
          reserved.push(name);
          return T0;
        },
      },
    });
    await flow.open();
    const handle = flow.createPoll();
    await handle(1);
    expect(reserved).toEqual([]);
    flow.observation = { kind: "throttled", text: "fewer", retryAfterSeconds };
    await handle(2);
    expect(reserved).toEqual([]);
    await handle(3);
    expect(reserved).toEqual([`cce:${PROJECT}`]);
  });
});

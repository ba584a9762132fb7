import type { Job, Observation } from "../../../lib/domain/job.ts";
import { bucketOfDuration, daysSince1970 } from "../../../lib/schedule/duration-counts.ts";
import { PROJECT, T0 } from "../../simulation/draw-inputs.ts";
import { bodiesOf, createFlow, jobIn, KEY } from "../steps-harness.ts";

type JobObservation = Extract<Observation, { kind: "job" }>;

function withJob(changes: Partial<Job>, state: Job["state"] = "pending"): JobObservation {
  const observation = jobIn(state) as JobObservation;
  return { ...observation, job: { ...observation.job, ...changes } };
}

const succeededCluster = () => withJob({ clusterId: "c-1" }, "succeeded");

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
    const nextPollAt = (await flow.memory.readWatchDocumentOrNull(KEY))?.watch.nextPollAt;
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
      const watch = (await flow.memory.readWatchDocumentOrNull(KEY))?.watch;
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

  it("queries its own job", async () => {
    const flow = createFlow();
    await flow.open({ jobId: "job-2" });
    await flow.poll(1, "m-1", flow.pollQueue, "job-2");
    expect(flow.recorded.queriedJobs).toEqual(["job-2"]);
  });

  it("gives the query of a resource the time that the query of the job has left", async () => {
    const flow = createFlow();
    await flow.open({ readyMinutes: 15 });
    flow.observation = succeededCluster();
    flow.whileQuerying = () => {
      flow.clock.now += 3_000;
    };
    flow.resources = [jobIn("succeeded")];
    await flow.poll(1);
    expect(flow.recorded.timeLimitsMs).toEqual([10_000]);
    expect(flow.recorded.resourceTimeLimitsMs).toEqual([7_000]);
  });

  it("reads the durations of the type that CCE shows, else of the type that an earlier poll saw", async () => {
    const types: string[] = [];
    const flow = createFlow({
      ledger: {
        async readDurationCounts(_project, type) {
          types.push(type);
          return [];
        },
      },
    });
    await flow.open();
    flow.observation = withJob({ type: null });
    await flow.poll(1);
    expect(types).toEqual([]);
    flow.observation = jobIn("pending");
    await flow.poll(2);
    flow.observation = withJob({ type: null });
    await flow.poll(3);
    flow.observation = withJob({ type: "DeleteNode" });
    await flow.poll(4);
    expect(types).toEqual(["CreateCluster", "CreateCluster", "DeleteNode"]);
  });

  it("queries the job again if the ledger has no document of a watch whose job has succeeded", async () => {
    let isGone = false;
    const flow = createFlow({
      ledger: {
        readWatchDocumentOrNull: async (key) => (isGone ? null : flow.memory.readWatchDocumentOrNull(key)),
      },
    });
    await flow.open({ readyMinutes: 15 });
    flow.observation = succeededCluster();
    flow.resources = [{ kind: "unavailable", text: "HTTP 503" }, jobIn("succeeded")];
    await flow.poll(1);
    isGone = true;
    await flow.poll(2);
    expect(flow.recorded.queriedJobs).toEqual(["job-1", "job-1"]);
    expect(flow.recorded.concluded).toMatchObject([{ outcome: "succeeded", ready: { state: "ready" } }]);
  });

  it("takes no warning from the stored job while it waits until the resource is usable", async () => {
    const flow = createFlow();
    await flow.open({ readyMinutes: 15 });
    flow.observation = succeededCluster();
    flow.resources = [{ kind: "unavailable", text: "HTTP 503" }, jobIn("succeeded")];
    await flow.poll(1);
    await flow.poll(2);
    expect(flow.recorded.queriedJobs).toEqual(["job-1"]);
    expect(flow.recorded.concluded).toMatchObject([{ outcome: "succeeded", warnings: [] }]);
  });

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
    const late = createFlow({
      ledger: { addDuration, endWatchUnlessTargetsAdded: async () => ({ kind: "over" }) },
    });
    await late.open();
    late.observation = jobIn("succeeded");
    await late.poll(1);
    expect([late.recorded.concluded, learned]).toEqual([[], []]);

    const first = createFlow({ ledger: { addDuration } });
    await first.open();
    first.observation = jobIn("succeeded");
    await first.poll(1);
    expect(first.recorded.concluded).toHaveLength(1);
    expect(learned).toEqual(["CreateCluster"]);
  });

  it("stores nothing for a watch that was restarted meanwhile", async () => {
    const flow = createFlow();
    await flow.open();
    const { readWatchDocumentOrNull } = flow.memory;
    const restarted = createFlow({
      ledger: {
        ...flow.memory,
        async readWatchDocumentOrNull(key) {
          const document = await readWatchDocumentOrNull(key);
          return document && { ...document, watch: { ...document.watch, generation: 1 } };
        },
      },
    });
    restarted.observation = jobIn("failed");
    await restarted.poll(1);
    expect(await flow.memory.readOutcomeWithoutTree({ ...KEY, generation: 0 })).toBeNull();
    expect(restarted.notifyQueue.state.messages).toEqual([]);
  });
});

describe("the poll of a watch with a late deadline", () => {
  const DAY = 86_400_000;

  it.each([
    [7 * DAY - 1, []],
    [7 * DAY, [{ outcome: "timed_out" }]],
  ])("%d ms after the deadline of its message ends the watch as %j", async (ms, concluded) => {
    const flow = createFlow();
    await flow.open({ deadlineAt: T0 + 30 * DAY });
    flow.clock.now = T0 + 3_600_000 + ms;
    await flow.poll(1);
    expect(flow.recorded.concluded).toMatchObject(concluded);
    expect(bodiesOf(flow.pollQueue)).toHaveLength(1 - concluded.length);
  });
});

describe("the report of a poll", () => {
  const FORBIDDEN: Observation = { kind: "forbidden", text: "no permission" };

  it("names what the poll saw of the resource of an operation", async () => {
    const flow = createFlow();
    await flow.open({ operation: { kind: "awake", clusterId: "c" } });
    flow.resources = [FORBIDDEN, jobIn("pending")];
    await flow.poll(1);
    await flow.poll(2);
    expect(flow.recorded.polls).toMatchObject([
      { observation: "forbidden", resource: "forbidden" },
      { observation: "job", resource: "job" },
    ]);
  });

  it("names no resource if the rate limit postponed the query of an operation", async () => {
    const flow = createFlow({ ...LIMITED, ledger: { reserveRequestTime: async () => T0 * 2 } });
    await flow.open({ operation: { kind: "awake", clusterId: "c" } });
    await flow.poll(1);
    expect(flow.recorded.polls).toMatchObject([{ observation: "rate_limited", resource: null }]);
  });

  it("names no resource if the job has none", async () => {
    const flow = createFlow();
    await flow.open({ readyMinutes: 15 });
    flow.observation = withJob({ type: "CreatePSMCert" }, "succeeded");
    await flow.poll(1);
    expect(flow.recorded.polls).toMatchObject([{ observation: "job", resource: null, next: "concluded" }]);
  });
});

describe("the delay of the next poll of a job that may become slow", () => {
  /** Opens a watch and polls it once. The job becomes slow about five minutes after its start. */
  async function openSlow(options: Parameters<typeof createFlow>[0] = {}) {
    const flow = createFlow(options);
    const { audit } = flow.config.targets;
    if (audit !== undefined) audit.on = ["slow"];
    const entry = { project: PROJECT, jobType: "CreateCluster", day: daysSince1970(T0), expiresAt: T0 * 2 };
    for (let i = 0; i < 20; i += 1)
      await flow.memory.addDuration({ ...entry, bucket: bucketOfDuration(300) });
    await flow.open();
    await flow.poll(1);
    const slowAt = (await flow.memory.readWatchDocumentOrNull(KEY))?.watch.slowAt ?? 0;
    expect(slowAt).toBeGreaterThan(T0 + 300_000);
    return { flow, slowAt };
  }
  const delays = ({ recorded }: ReturnType<typeof createFlow>) =>
    recorded.polls.map(({ delaySeconds }) => delaySeconds);

  it("is not shorter than the minimum delay", async () => {
    const { flow, slowAt } = await openSlow({
      settings: { poll: { minDelaySeconds: 9.5, maxDelaySeconds: 60, pollCostSeconds: 3600 } },
    });
    flow.clock.now = slowAt - 12_500;
    await flow.poll(2);
    flow.clock.now = slowAt - 3_000;
    await flow.poll(3);
    expect(delays(flow).slice(1)).toEqual([13, 10]);
  });

  it("is not shortened after the time from which the job is slow", async () => {
    const { flow, slowAt } = await openSlow();
    flow.observation = { kind: "unavailable", text: "HTTP 503" };
    flow.clock.now = slowAt;
    await flow.poll(2);
    flow.clock.now = slowAt + 60_000;
    await flow.poll(3);
    expect(delays(flow).slice(1)).toEqual([3, 6]);
  });

  it("is the time that the rate limit reserved, also if the job becomes slow earlier", async () => {
    const { flow, slowAt } = await openSlow({
      ledger: { reserveRequestTime: async () => T0 + 600_000 },
    });
    flow.config.settings.poll.queriesPerFiveMinutes = 10;
    await flow.poll(2);
    expect(delays(flow).slice(1)).toEqual([600]);
    expect((await flow.memory.readWatchDocumentOrNull(KEY))?.watch.slowAt).toBe(slowAt);
  });
});

describe("the rate limit of a project", () => {
  it("is separate from the rate limit of a target with the same name", async () => {
    const flow = createFlow(LIMITED);
    await flow.open();
    await flow.memory.throttleTargetUntilAtLeast(PROJECT, T0 + 3_600_000);
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
    expect((await flow.memory.readWatchDocumentOrNull(KEY))?.watch).toMatchObject({
      poll: 1,
      rateLimitedPolls: 1,
      polledAt: [],
    });
    flow.clock.now = T0 + 3_600_000;
    await flow.poll(2);
    expect(flow.recorded.concluded).toMatchObject([{ outcome: "timed_out", polls: 0 }]);
  });

  it.each([
    [1000, "job"],
    [1001, "rate_limited"],
  ])("lets a poll wait %d ms with the result %s", async (waitMs, observation) => {
    const flow = createFlow({ ...LIMITED, ledger: { reserveRequestTime: async () => T0 + waitMs } });
    await flow.open();
    await flow.poll(1);
    expect(flow.recorded.polls).toMatchObject([{ observation }]);
  });

  it("reserves one time for a poll, and the message of the postponed poll contains this time", async () => {
    const reserved: number[] = [];
    const flow = createFlow({
      ...LIMITED,
      ledger: { reserveRequestTime: async () => T0 + 60_000 * (1 + reserved.push(0)) },
    });
    await flow.open();
    await flow.poll(1);
    const [message] = bodiesOf(flow.pollQueue) as { rateLimitedUntil: number }[];
    expect(message).toMatchObject({ poll: 2, rateLimitedUntil: T0 + 120_000 });
    flow.clock.now = T0 + 120_000;
    await flow.createPoll()(2, "m-2", KEY.jobId, { rateLimitedUntil: message?.rateLimitedUntil });
    expect(reserved).toHaveLength(1);
    expect(flow.recorded.polls).toMatchObject([{ observation: "rate_limited" }, { observation: "job" }]);
    expect(bodiesOf(flow.pollQueue)[1]).not.toHaveProperty("rateLimitedUntil");
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

import { Settings } from "../../../lib/config/settings.ts";
import type { Job, Observation } from "../../../lib/domain/job.ts";
import { ANY_TYPE, bucketOfDuration, daysSince1970 } from "../../../lib/schedule/duration-counts.ts";
import { PROJECT, T0 } from "../../simulation/draw-inputs.ts";
import { bodiesOf, createFlow, jobIn, KEY } from "../steps-harness.ts";

/** Returns the response of CCE for an ended job with these fields. */
function endedJob(state: "succeeded" | "failed", changes: Partial<Job> = {}): Observation {
  const observation = jobIn(state);
  if (observation.kind !== "job") throw new Error("not a job");
  return { ...observation, job: { ...observation.job, ...changes } };
}

/** Returns the summary of a watch that ended as `timed_out`. */
async function timedOutSummary() {
  const flow = createFlow();
  await flow.open({ deadlineAt: T0 });
  await flow.poll(1);
  const [summary] = flow.recorded.concluded;
  if (summary === undefined) throw new Error("nothing was concluded");
  return summary;
}

describe("the conclusion of a watch", () => {
  it("notifies targets that were added while the watch ends", async () => {
    let calls = 0;
    const flow = createFlow({
      ledger: {
        async endWatchUnlessTargetsAdded(ending) {
          calls += 1;
          if (calls === 1) await flow.open({ targets: ["ops"] });
          return flow.memory.endWatchUnlessTargetsAdded(ending);
        },
      },
    });
    await flow.open();
    flow.observation = jobIn("failed");
    await flow.poll(1);
    expect(calls).toBe(2);
    expect(bodiesOf(flow.notifyQueue)).toMatchObject([{ target: "audit" }, { target: "ops" }]);
    expect((await flow.memory.readWatchDocumentOrNull(KEY))?.watch.targets).toEqual(["audit", "ops"]);
  });

  it("sends the same outcome again after a crash", async () => {
    let crash = true;
    const flow = createFlow({
      ledger: {
        endWatchUnlessTargetsAdded: (ending) =>
          crash ? Promise.reject(new Error("crash")) : flow.memory.endWatchUnlessTargetsAdded(ending),
      },
    });
    await flow.open();
    flow.observation = jobIn("failed");
    await expect(flow.poll(1)).rejects.toThrow("crash");
    crash = false;
    flow.clock.now += 36_000;
    flow.observation = jobIn("succeeded");
    expect(await flow.poll(1)).toBe("acknowledged");
    expect(bodiesOf(flow.notifyQueue).map((body) => (body as { outcome: string }).outcome)).toEqual([
      "failed",
      "failed",
    ]);
    expect(flow.recorded.concluded).toMatchObject([{ outcome: "failed" }]);
  });

  it.each([
    [true, expect.stringMatching(/\/jobs\?project=\w+&key=/)],
    [false, null],
  ])(
    "stores a link to the page with all jobs only if the setting `pages.list` is %j",
    async (list, listUrl) => {
      const flow = createFlow();
      const settings = { linkKeys: ["3f1c9b7a5d2e8f4061a7c3b9d5e2f8046b1d0c9e7a3f5b28"], pages: { list } };
      Object.assign(flow.config.settings, Settings.parse(settings));
      await flow.open();
      flow.observation = jobIn("failed");
      await flow.poll(1);
      const outcome = await flow.memory.readOutcomeWithoutTree({ ...KEY, generation: 0 });
      expect(outcome?.summary).toMatchObject({ listUrl, jobPageUrl: expect.stringContaining("?key=") });
    },
  );

  it("notifies nobody when the watch was stopped at the same time", async () => {
    const flow = createFlow({
      ledger: {
        async readWatchDocumentOrNull(key) {
          await flow.memory.stopWatch(key, flow.clock.now, flow.clock.now * 2);
          return flow.memory.readWatchDocumentOrNull(key);
        },
      },
    });
    await flow.open();
    flow.observation = jobIn("failed");
    expect(await flow.poll(1)).toBe("acknowledged");
    expect(bodiesOf(flow.notifyQueue)).toEqual([]);
    expect(await flow.memory.readOutcomeWithoutTree({ ...KEY, generation: 0 })).toBeNull();
  });

  it("does not time out when the caller moves the deadline during the poll, and repeats the poll", async () => {
    const flow: ReturnType<typeof createFlow> = createFlow({
      ledger: {
        async readWatchDocumentOrNull(key) {
          await flow.open({ deadlineAt: T0 + 3_600_000 });
          return flow.memory.readWatchDocumentOrNull(key);
        },
      },
    });
    await flow.open({ deadlineAt: T0 });
    await expect(flow.poll(1)).rejects.toMatchObject({
      name: "DeadlineMovedError",
      message: "the deadline of this watch has moved",
    });
    expect(bodiesOf(flow.notifyQueue)).toEqual([]);
    expect(await flow.memory.readOutcomeWithoutTree({ ...KEY, generation: 0 })).toBeNull();
    expect(await flow.poll(1)).toBe("acknowledged");
    expect((await flow.memory.readWatchDocumentOrNull(KEY))?.watch.state).toBe("watching");
  });

  it("stores a new outcome for a restarted watch whose previous generation had an outcome", async () => {
    const before = await timedOutSummary();
    const again = createFlow();
    await again.open();
    await again.memory.getOrCreateOutcome(
      { ...KEY, generation: 0 },
      { summary: before, tree: null, generations: {} },
      T0 * 2,
    );
    await again.memory.stopWatch(KEY, T0, T0 * 2);
    again.clock.now += 60_000;
    await again.open({ acceptedAt: again.clock.now });
    again.observation = jobIn("succeeded");
    await again.poll(1);
    expect(again.recorded.concluded).toMatchObject([{ outcome: "succeeded" }]);
  });

  it("removes the watch from its digest, and notifies only the targets outside the digest", async () => {
    const flow = createFlow();
    const members = ["job-1", "job-2"].map((jobId) => ({ ...KEY, jobId, generation: 0 }));
    const digest = { digestId: "d-1", caller: KEY.caller, members, targets: ["deploys"], expiresAt: T0 * 2 };
    await flow.memory.createDigestIfAbsent(digest);
    await flow.open({ targets: ["audit", "deploys", "alarms"], digestId: "d-1" });
    flow.observation = jobIn("failed");
    await flow.poll(1);
    const own = [{ target: "alarms" }, { target: "audit" }];
    expect(bodiesOf(flow.notifyQueue)).toMatchObject(own);
    expect(await flow.memory.removeRunningMemberAndCountRemaining("d-1", { ...KEY, jobId: "job-2" })).toBe(0);
  });

  it("gives the digest message the trace context of its watches", async () => {
    const flow = createFlow();
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const [members, targets] = [[{ ...KEY, generation: 0 }], ["deploys"]];
    const digest = { digestId: "d-1", caller: KEY.caller, members, targets, expiresAt: T0 * 2 };
    await flow.memory.createDigestIfAbsent(digest);
    await flow.open({ targets, digestId: "d-1", traceparent });
    flow.observation = jobIn("failed");
    await flow.poll(1);
    expect(bodiesOf(flow.notifyQueue)).toEqual([
      expect.objectContaining({ kind: "digest", target: "deploys", traceparent }),
    ]);
  });

  it.each(["succeeded", "failed"] as const)(
    "is %s although the caller moves the deadline during the poll, because the job has ended",
    async (state) => {
      const flow: ReturnType<typeof createFlow> = createFlow({
        ledger: {
          async readWatchDocumentOrNull(key) {
            await flow.open({ deadlineAt: T0 + 7_200_000 });
            return flow.memory.readWatchDocumentOrNull(key);
          },
        },
      });
      await flow.open();
      flow.observation = jobIn(state);
      expect(await flow.poll(1)).toBe("acknowledged");
      expect(flow.recorded.concluded).toMatchObject([{ outcome: state }]);
    },
  );

  it.each([
    ["succeeded", jobIn("succeeded"), T0 + 3_600_000],
    ["failed", jobIn("failed"), T0 + 3_600_000],
    ["timed_out", { kind: "unavailable", text: "HTTP 503" }, T0],
  ] satisfies [string, Observation, number][])(
    "is %s if the ledger returns no document of the watch",
    async (outcome, observation, deadlineAt) => {
      const flow = createFlow({ ledger: { readWatchDocumentOrNull: async () => null } });
      await flow.open({ deadlineAt, context: { actor: "release-bot" } });
      flow.observation = observation;
      expect(await flow.poll(1)).toBe("acknowledged");
      expect(flow.recorded.concluded).toMatchObject([{ outcome, context: {} }]);
      expect(bodiesOf(flow.notifyQueue)).toMatchObject([{ target: "audit", outcome, generation: 0 }]);
    },
  );

  it("uses the outcome that another message stored during the poll", async () => {
    const summary = await timedOutSummary();
    const flow: ReturnType<typeof createFlow> = createFlow({
      ledger: {
        async readWatchDocumentOrNull(key) {
          await flow.open({ readyMinutes: 15 });
          const stored = { summary, tree: null, generations: {} };
          await flow.memory.getOrCreateOutcome({ ...KEY, generation: 0 }, stored, T0 * 2);
          return flow.memory.readWatchDocumentOrNull(key);
        },
      },
    });
    await flow.open();
    flow.observation = jobIn("succeeded");
    expect(await flow.poll(1)).toBe("acknowledged");
    expect(flow.recorded.concluded).toMatchObject([{ outcome: "timed_out" }]);
    expect(bodiesOf(flow.notifyQueue)).toMatchObject([{ target: "audit", outcome: "timed_out" }]);
  });

  it("stores the job, its region, its main cause and the times of its polls", async () => {
    const flow = createFlow();
    await flow.open();
    await flow.poll(1);
    flow.clock.now += 10_000;
    flow.observation = endedJob("failed", { reason: "no quota" });
    await flow.poll(2, "m-2");
    expect(await flow.memory.readWatchDocumentOrNull(KEY)).toMatchObject({
      tree: { type: "CreateCluster", phase: "failed" },
      summary: { region: "eu-de", reason: "no quota", polls: 2 },
      watch: {
        phase: "failed",
        jobType: "CreateCluster",
        resourceName: "blue",
        cause: "no quota",
        durationSeconds: 60,
        polledAt: [T0, T0 + 10_000],
      },
    });
  });

  it("has no region if the project was removed from the config", async () => {
    const flow = createFlow();
    await flow.open();
    Reflect.deleteProperty(flow.config.projects, PROJECT);
    flow.refreshedConfig = flow.config;
    flow.observation = jobIn("failed");
    await flow.poll(1);
    expect(flow.recorded.concluded).toMatchObject([{ outcome: "failed", region: null }]);
  });

  it("shows the job of the last poll that saw the job if the last poll saw no job", async () => {
    const flow = createFlow();
    await flow.open();
    await flow.poll(1);
    flow.clock.now = T0 + 3_600_000;
    flow.observation = { kind: "unavailable", text: "HTTP 503" };
    await flow.poll(2, "m-2");
    expect(flow.recorded.concluded).toMatchObject([
      {
        outcome: "timed_out",
        jobType: "CreateCluster",
        phase: "pending",
        resourceName: "blue",
        warnings: [],
      },
    ]);
  });

  it("queries CCE for the failure reasons of subjobs only if a job has failed", async () => {
    const succeeded = createFlow();
    await succeeded.open();
    succeeded.observation = jobIn("succeeded");
    await succeeded.poll(1);
    expect(succeeded.recorded.timeLimitsMs).toHaveLength(1);
    const operation = createFlow();
    await operation.open({ operation: { kind: "awake", clusterId: "c" } });
    operation.resources = [jobIn("failed")];
    await operation.poll(1);
    expect(operation.recorded.concluded).toMatchObject([{ outcome: "failed", jobType: "awake" }]);
    expect(operation.recorded.timeLimitsMs).toEqual([]);
  });

  it("is stored if the lease of its poll ends at the same instant", async () => {
    const flow = createFlow();
    await flow.open();
    flow.observation = jobIn("failed");
    flow.whileDeepening = () => {
      flow.clock.now += 35_000;
    };
    expect(await flow.poll(1)).toBe("acknowledged");
    expect(flow.recorded.concluded).toMatchObject([{ outcome: "failed" }]);
  });

  it("notifies again if another caller, who names the same target, has restarted a watch of the job", async () => {
    const flow = createFlow();
    await flow.open({ targets: ["audit", "ops"] });
    const other = { caller: "token:release" };
    await flow.open(other);
    await flow.memory.stopWatch({ ...KEY, ...other }, T0, T0 * 2);
    await flow.open(other);
    flow.observation = jobIn("failed");
    await flow.poll(1);
    expect(bodiesOf(flow.notifyQueue)).toMatchObject([
      { target: "audit", watchGeneration: 0, generation: 1 },
      { target: "ops", watchGeneration: 0, generation: 0 },
    ]);
    expect(await flow.memory.readOutcomeWithoutTree({ ...KEY, generation: 0 })).toMatchObject({
      generations: { audit: 1 },
    });
  });

  it("that a crash interrupted keeps the times of the recorded polls", async () => {
    let crash = true;
    const flow = createFlow({
      ledger: {
        endWatchUnlessTargetsAdded: (ending) =>
          crash ? Promise.reject(new Error("crash")) : flow.memory.endWatchUnlessTargetsAdded(ending),
      },
    });
    await flow.open();
    await flow.poll(1);
    flow.clock.now += 10_000;
    flow.observation = jobIn("failed");
    await expect(flow.poll(2)).rejects.toThrow("crash");
    crash = false;
    await flow.poll(2);
    expect(flow.recorded.polls.at(-1)).toMatchObject({ observation: "resumed" });
    expect((await flow.memory.readWatchDocumentOrNull(KEY))?.watch).toMatchObject({
      state: "failed",
      polledAt: [T0],
    });
  });
});

describe("the conclusion of a watch whose job has succeeded", () => {
  const UNAVAILABLE = { ...endedJob("succeeded", { state: "pending", phase: "Unavailable" }), message: null };

  /** Polls a succeeded job whose cluster is not usable yet. */
  async function openUnusable(reserveRequestTime?: () => Promise<number>) {
    const flow = createFlow(reserveRequestTime && { ledger: { reserveRequestTime } });
    await flow.open({ readyMinutes: 10 });
    flow.observation = endedJob("succeeded", { clusterId: "c-1" });
    flow.resources = [UNAVAILABLE];
    await flow.poll(1);
    return flow;
  }

  it("is succeeded and not lost if the service gives up the watch", async () => {
    const flow = await openUnusable();
    for (let i = 0; i < 8; i += 1) {
      const claim = { key: KEY, poll: 2, messageId: "m-2", now: flow.clock.now, leaseMs: 35_000 };
      await flow.memory.claimPoll(claim);
      flow.clock.now += 36_000;
    }
    expect(await flow.poll(2, "m-2")).toBe("acknowledged");
    expect(flow.recorded.polls.at(-1)).toMatchObject({ observation: "given_up" });
    expect(flow.recorded.concluded).toMatchObject([{ outcome: "succeeded", ready: { state: "unknown" } }]);
  });

  it("is not_ready and not timed_out if the rate limit allows no poll until the deadline", async () => {
    let requestAt = T0;
    const flow = await openUnusable(async () => requestAt);
    flow.config.settings.poll.queriesPerFiveMinutes = 10;
    requestAt = T0 * 2;
    flow.clock.now = T0 + 600_000;
    expect(await flow.poll(2, "m-2")).toBe("acknowledged");
    expect(flow.recorded.concluded).toMatchObject([
      { outcome: "not_ready", ready: { reason: "Unavailable" } },
    ]);
  });
});

describe("the duration of an ended job", () => {
  const learnedFrom = async (observation: Observation) => {
    const flow = createFlow();
    await flow.open();
    flow.observation = observation;
    await flow.poll(1);
    expect(flow.recorded.concluded).toHaveLength(1);
    const types = ["CreateCluster", ANY_TYPE, "null"];
    return Promise.all(types.map((type) => flow.memory.readDurationCounts(PROJECT, type)));
  };

  it.each(["succeeded", "failed"] as const)(
    "that has %s is learned for its type and for all types",
    async (state) => {
      const count = { day: daysSince1970(T0), bucket: bucketOfDuration(60), count: 1 };
      expect(await learnedFrom(jobIn(state))).toEqual([[count], [count], []]);
    },
  );

  it.each([
    ["a type", { type: null }],
    ["a creation time", { createdAt: null }],
  ])("is not learned from a job without %s", async (_, changes) => {
    expect(await learnedFrom(endedJob("succeeded", changes))).toEqual([[], [], []]);
  });
});

import { logAndCountSentAgain, logAndCountSlowJob } from "../../../functions/poll/slow-job.ts";
import { DEFAULT_RETENTION_DAYS } from "../../../lib/config/retention.ts";
import { Settings } from "../../../lib/config/settings.ts";
import type { Job, Observation } from "../../../lib/domain/job.ts";
import { bucketOfDuration, daysSince1970 } from "../../../lib/schedule/duration-counts.ts";
import { PROJECT, T0 } from "../../simulation/draw-inputs.ts";
import { capturedLog } from "../captured-log.ts";
import { bodiesOf, createFlow, DELIVERED, jobIn, KEY } from "../steps-harness.ts";

const MINUTE = 60_000;

/** A running subjob that started one minute after the job. */
function subJob(type: string, changes: Partial<Job> = {}): Job {
  const { job } = jobIn("pending") as Extract<Observation, { kind: "job" }>;
  return { ...job, type, phase: "Running", resourceName: "m-0", createdAt: T0 + MINUTE, ...changes };
}

function running(subJobs: Job[] = [subJob("InstallMaster")]): Observation {
  const { job } = jobIn("pending") as Extract<Observation, { kind: "job" }>;
  return { kind: "job", job: { ...job, phase: "Running", subJobs }, warnings: [] };
}

function withCluster(observation: Observation): Observation {
  if (observation.kind !== "job") throw new Error("not a job");
  return { ...observation, job: { ...observation.job, clusterId: "c-1" } };
}

type Options = Pick<NonNullable<Parameters<typeof createFlow>[0]>, "ledger">;

/** Opens a watch of a running job. `ended` jobs of the type took about five minutes. */
async function openSlow(
  options: { ended?: number; on?: readonly ("slow" | "failed")[]; readyMinutes?: number } & Options = {},
) {
  const flow = createFlow({ ledger: options.ledger ?? {} });
  const { audit } = flow.config.targets;
  if (audit === undefined) throw new Error("the target is missing");
  audit.on = [...(options.on ?? ["failed", "slow"])];
  for (let job = 0; job < (options.ended ?? 20); job += 1)
    await flow.memory.addDuration({
      project: PROJECT,
      jobType: "CreateCluster",
      day: daysSince1970(T0),
      bucket: bucketOfDuration(280 + job),
      expiresAt: T0 * 2,
    });
  await flow.open({ targets: ["audit", "deploys"], readyMinutes: options.readyMinutes ?? null });
  flow.observation = running();
  let polls = 0;
  const pollAt = (ms: number) => {
    flow.clock.now = T0 + ms;
    polls += 1;
    return flow.poll(polls);
  };
  return { ...flow, flow, pollAt };
}

/** Adds ended jobs of the type, each of which took longer than the job before. */
async function addRisingDurations({ memory }: ReturnType<typeof createFlow>) {
  for (let job = 0; job < 60; job += 1)
    await memory.addLatestDurations(
      PROJECT,
      "CreateCluster",
      { job: { endedAt: T0 - (60 - job) * 10 * MINUTE, seconds: 200 + 5 * job }, subJobs: {} },
      T0 * 2,
    );
}

const SLOW = { kind: "notification", outcome: "slow", target: "audit", ...KEY };

describe("a job that takes longer than 19 of 20 jobs of its type", () => {
  it("is notified once, only to the targets whose `on` names it", async () => {
    const { flow, pollAt } = await openSlow();
    await pollAt(MINUTE);
    await pollAt(4 * MINUTE);
    expect(bodiesOf(flow.notifyQueue)).toEqual([]);
    await pollAt(6 * MINUTE);
    await pollAt(7 * MINUTE);
    expect(bodiesOf(flow.notifyQueue)).toMatchObject([SLOW]);
    await flow.notify();
    await pollAt(8 * MINUTE);
    await pollAt(20 * MINUTE);
    expect(bodiesOf(flow.notifyQueue)).toEqual([]);
    expect(flow.recorded).toMatchObject({ slow: [{ jobId: "job-1" }], slowSentAgain: [] });
    expect((await flow.memory.readWatchDocumentOrNull(KEY))?.watch).toMatchObject({
      state: "watching",
      slowAt: null,
    });
  });

  it("has stored data for its notification until the retention after the deadline of its watch is over", async () => {
    const expiries: number[] = [];
    const slow = await openSlow({
      ledger: {
        getOrCreateSlowRecord(watch, record, expiresAt) {
          expiries.push(expiresAt);
          return slow.flow.memory.getOrCreateSlowRecord(watch, record, expiresAt);
        },
      },
    });
    for (const ms of [MINUTE, 6 * MINUTE]) await slow.pollAt(ms);
    const { deadlineAt = 0 } = (await slow.flow.memory.readWatchDocumentOrNull(KEY))?.watch ?? {};
    expect(expiries).toHaveLength(1);
    expect(expiries[0]).toBeGreaterThanOrEqual(deadlineAt + DEFAULT_RETENTION_DAYS * 86_400_000);
  });

  it("is notified again by a later poll if the message was lost, and only to targets that still ask for it", async () => {
    const { flow, pollAt } = await openSlow();
    await pollAt(MINUTE);
    await pollAt(6 * MINUTE);
    flow.notifyQueue.purge();
    await pollAt(9 * MINUTE);
    expect(bodiesOf(flow.notifyQueue)).toEqual([]);
    await pollAt(11 * MINUTE);
    expect(bodiesOf(flow.notifyQueue)).toMatchObject([SLOW]);
    expect(flow.recorded.slowSentAgain).toEqual([1]);
    flow.notifyQueue.purge();
    const { audit } = flow.config.targets;
    if (audit !== undefined) audit.on = ["failed"];
    await pollAt(20 * MINUTE);
    expect(bodiesOf(flow.notifyQueue)).toEqual([]);
  });

  it("is not polled earlier because its notification is not delivered yet", async () => {
    const { flow, pollAt } = await openSlow();
    flow.config.settings.poll.minDelaySeconds = 2;
    await pollAt(MINUTE);
    await pollAt(6 * MINUTE);
    const { nextPollAt } = (await flow.memory.readWatchDocumentOrNull(KEY))?.watch ?? {};
    expect(nextPollAt).toBeGreaterThan(T0 + 6 * MINUTE + 10_000);
  });

  it("is polled in time to send a lost notification again after four minutes", async () => {
    const { flow, pollAt } = await openSlow();
    await pollAt(40 * MINUTE);
    expect(bodiesOf(flow.notifyQueue)).toMatchObject([SLOW]);
    for (const minutes of [44, 48]) {
      flow.notifyQueue.purge();
      const { nextPollAt } = (await flow.memory.readWatchDocumentOrNull(KEY))?.watch ?? {};
      expect(nextPollAt).toBeLessThanOrEqual(T0 + minutes * MINUTE);
      await pollAt(minutes * MINUTE);
      expect(bodiesOf(flow.notifyQueue)).toMatchObject([SLOW]);
    }
  });

  it.each([
    ["while CCE does not answer", { kind: "unavailable", text: "HTTP 503" } as const],
    ["while the service waits until the resource is usable", withCluster(jobIn("succeeded"))],
  ])("is notified again %s if the message was lost", async (_, observation) => {
    const { flow, pollAt } = await openSlow({ readyMinutes: 60 });
    await pollAt(MINUTE);
    await pollAt(6 * MINUTE);
    flow.observation = observation;
    flow.resources = [1, 2].map(() => ({ kind: "unavailable", text: "HTTP 503" }));
    await pollAt(7 * MINUTE);
    flow.notifyQueue.purge();
    await pollAt(10 * MINUTE);
    expect(bodiesOf(flow.notifyQueue)).toMatchObject([SLOW]);
  });

  it("is notified by the sweep after its end if the message was lost", async () => {
    const { flow, pollAt } = await openSlow({ on: ["slow"] });
    await pollAt(MINUTE);
    await pollAt(6 * MINUTE);
    flow.observation = jobIn("succeeded");
    await pollAt(7 * MINUTE);
    flow.notifyQueue.purge();
    flow.clock.now = T0 + 12 * MINUTE;
    await flow.sweep();
    expect(bodiesOf(flow.notifyQueue)).toMatchObject(expect.arrayContaining([expect.objectContaining(SLOW)]));
    while ((await flow.notify()) !== "nothing");
    expect(flow.recorded.posts).toHaveLength(2);
    const document = await flow.memory.readWatchDocumentOrNull(KEY);
    expect(document?.deliveries).toMatchObject([
      { target: "audit", event: "job.succeeded", state: "pending" },
      { target: "deploys", event: "job.succeeded", state: "delivered" },
      { target: "audit", event: "job.slow", state: "delivered" },
    ]);
  });

  it("has a summary that says where the job stands and how long such jobs and subjobs take", async () => {
    const { flow, pollAt } = await openSlow();
    for (const InstallMaster of [90, 95, 100, 105, 300])
      await flow.memory.addLatestDurations(
        PROJECT,
        "CreateCluster",
        { job: null, subJobs: { InstallMaster } },
        T0 * 2,
      );
    await pollAt(MINUTE);
    await pollAt(6 * MINUTE);
    expect((await flow.memory.readSlowRecord({ ...KEY, generation: 0 }))?.summary).toMatchObject({
      jobType: "CreateCluster",
      ageSeconds: 360,
      usual: { fromJobs: 20, p50Seconds: expect.closeTo(289, -1), p95Seconds: expect.closeTo(302, -1) },
      running: [
        { path: ["CreateCluster", "InstallMaster"], resourceName: "m-0", ageSeconds: 300, usualSeconds: 100 },
      ],
    });
  });

  it("is polled at the time from which it is slow, and not only at the next poll of the schedule", async () => {
    const { flow, pollAt } = await openSlow();
    flow.config.settings.poll.minDelaySeconds = 2;
    await pollAt(295_000);
    const { slowAt, nextPollAt } = (await flow.memory.readWatchDocumentOrNull(KEY))?.watch ?? {};
    expect(slowAt).toBeGreaterThan(T0 + 299_000);
    expect(slowAt).toBeLessThan(T0 + 310_000);
    expect(nextPollAt).toBeLessThanOrEqual((slowAt ?? 0) + 1000);
  });

  it("is slow later if the latest jobs took longer and longer", async () => {
    const { flow, pollAt } = await openSlow();
    await addRisingDurations(flow);
    await pollAt(MINUTE);
    await pollAt(6 * MINUTE);
    await pollAt(8 * MINUTE);
    expect(bodiesOf(flow.notifyQueue)).toEqual([]);
    await pollAt(10 * MINUTE);
    expect(bodiesOf(flow.notifyQueue)).toMatchObject([SLOW]);
  });

  it("is never notified if fewer than 20 jobs have ended, even if more jobs end later", async () => {
    const { flow, pollAt } = await openSlow({ ended: 19 });
    await pollAt(MINUTE);
    const entry = { project: PROJECT, jobType: "CreateCluster", day: daysSince1970(T0), expiresAt: T0 * 2 };
    await flow.memory.addDuration({ ...entry, bucket: bucketOfDuration(290) });
    for (const minutes of [6, 30, 50]) await pollAt(minutes * MINUTE);
    expect(bodiesOf(flow.notifyQueue)).toEqual([]);
  });

  it("is not notified if no target asks for it, and then nothing is stored", async () => {
    const { flow, pollAt, memory } = await openSlow({ on: ["failed"] });
    await pollAt(MINUTE);
    await pollAt(30 * MINUTE);
    flow.observation = jobIn("succeeded");
    await pollAt(31 * MINUTE);
    expect(bodiesOf(flow.notifyQueue)).toMatchObject([{ outcome: "succeeded", target: "deploys" }]);
    expect(memory.state.slow).toEqual({});
    expect(memory.state.latestDurations).toEqual({});
  });

  it("is not notified at the poll that sees its end", async () => {
    const { flow, pollAt } = await openSlow();
    await pollAt(MINUTE);
    flow.observation = jobIn("failed");
    await pollAt(30 * MINUTE);
    expect(bodiesOf(flow.notifyQueue)).toMatchObject([{ outcome: "failed" }, { outcome: "failed" }]);
  });

  it("is notified again after a crash of the first poll, with the state of the crashed poll", async () => {
    const { flow } = await openSlow();
    flow.clock.now = T0 + 6 * MINUTE;
    const down = { send: () => Promise.reject(new Error("the queue does not respond")) };
    await expect(flow.poll(1, "m-1", down)).rejects.toThrow("the queue does not respond");
    flow.clock.now += MINUTE;
    await flow.poll(1, "m-1");
    expect(bodiesOf(flow.notifyQueue)).toMatchObject([SLOW, SLOW]);
    expect(flow.recorded.slow).toMatchObject([{ ageSeconds: 360 }, { ageSeconds: 360 }]);
  });

  it("is notified again only to the target whose message was lost, and is polled when the next message is overdue", async () => {
    const { flow, pollAt } = await openSlow();
    const { ops } = flow.config.targets;
    if (ops !== undefined) ops.on = ["slow"];
    await flow.open({ targets: ["audit", "ops"] });
    await pollAt(MINUTE);
    await pollAt(6 * MINUTE);
    flow.attempted = { ...DELIVERED, verdict: "retry", status: 503, reason: "server_error" };
    await flow.notify();
    flow.notifyQueue.purge();
    await pollAt(10 * MINUTE);
    expect(bodiesOf(flow.notifyQueue)).toMatchObject([{ ...SLOW, target: "ops" }]);
    expect(flow.recorded.slowSentAgain).toEqual([1]);
    const { slowAt } = (await flow.memory.readWatchDocumentOrNull(KEY))?.watch ?? {};
    expect(slowAt).toBeGreaterThan(T0 + 10 * MINUTE);
    expect(slowAt).toBeLessThan(T0 + 11 * MINUTE);
  });

  it("reports a stuck notification from a quarter of an hour on", async () => {
    const { flow, pollAt } = await openSlow();
    await pollAt(MINUTE);
    await pollAt(6 * MINUTE);
    await pollAt(20 * MINUTE);
    expect(flow.recorded.slowStuck).toEqual([0]);
    await pollAt(26 * MINUTE);
    expect(flow.recorded.slowStuck).toEqual([0, 1]);
  });

  it("is checked again four minutes after its notification", async () => {
    const { flow, pollAt } = await openSlow();
    await pollAt(MINUTE);
    await pollAt(6 * MINUTE);
    expect((await flow.memory.readWatchDocumentOrNull(KEY))?.watch.slowAt).toBe(T0 + 10 * MINUTE);
  });

  it("keeps the time from which it is slow while CCE does not answer", async () => {
    const { flow, pollAt } = await openSlow();
    await pollAt(MINUTE);
    const slowAt = (await flow.memory.readWatchDocumentOrNull(KEY))?.watch.slowAt;
    flow.observation = { kind: "unavailable", text: "HTTP 503" };
    await pollAt(2 * MINUTE);
    await pollAt(8 * MINUTE);
    expect(slowAt).toBeGreaterThan(T0 + 4 * MINUTE);
    expect((await flow.memory.readWatchDocumentOrNull(KEY))?.watch.slowAt).toBe(slowAt);
    expect(bodiesOf(flow.notifyQueue)).toEqual([]);
  });

  it("is not slow after its success, while the service waits until the resource is usable", async () => {
    const { flow, pollAt } = await openSlow({ readyMinutes: 60 });
    await pollAt(MINUTE);
    const slowAt = (await flow.memory.readWatchDocumentOrNull(KEY))?.watch.slowAt;
    flow.observation = withCluster(jobIn("succeeded"));
    flow.resources = [1, 2].map(() => ({ kind: "unavailable", text: "HTTP 503" }));
    await pollAt(2 * MINUTE);
    expect((await flow.memory.readWatchDocumentOrNull(KEY))?.watch.slowAt).toBe(slowAt);
    await pollAt((slowAt ?? 0) - T0);
    expect((await flow.memory.readWatchDocumentOrNull(KEY))?.watch).toMatchObject({
      state: "watching",
      slowAt: null,
    });
    expect(bodiesOf(flow.notifyQueue)).toEqual([]);
  });

  it("is slow although its first poll saw no type of the job, and this poll reads no latest durations", async () => {
    const types: string[] = [];
    const { flow, pollAt } = await openSlow({
      ledger: {
        async readLatestDurations(_project, type) {
          types.push(type);
          return { jobs: [], subJobs: {} };
        },
      },
    });
    const typed = flow.observation as Extract<Observation, { kind: "job" }>;
    flow.observation = { ...typed, job: { ...typed.job, type: null } };
    await pollAt(MINUTE);
    expect((await flow.memory.readWatchDocumentOrNull(KEY))?.watch.slowAt).toBeNull();
    expect(types).toEqual([]);
    flow.observation = typed;
    await pollAt(2 * MINUTE);
    expect((await flow.memory.readWatchDocumentOrNull(KEY))?.watch.slowAt).toBeGreaterThan(T0 + 4 * MINUTE);
  });

  it("is notified if a later poll sees no type of the job", async () => {
    const { flow, pollAt } = await openSlow();
    await pollAt(MINUTE);
    const typed = flow.observation as Extract<Observation, { kind: "job" }>;
    flow.observation = { ...typed, job: { ...typed.job, type: null } };
    await pollAt(6 * MINUTE);
    expect(bodiesOf(flow.notifyQueue)).toMatchObject([SLOW]);
  });

  it("is compared with jobs that ended within the last second before its first poll", async () => {
    const { flow, memory } = await openSlow({ ended: 19 });
    const poll = flow.createPoll();
    await flow.open({ jobId: "job-0" });
    await poll(1, "m-0", "job-0");
    const entry = { project: PROJECT, jobType: "CreateCluster", day: daysSince1970(T0), expiresAt: T0 * 2 };
    await memory.addDuration({ ...entry, bucket: bucketOfDuration(290) });
    flow.clock.now += 1001;
    await poll(1);
    expect((await memory.readWatchDocumentOrNull(KEY))?.watch.slowAt).toBeGreaterThan(T0 + 4 * MINUTE);
  });

  it("is read from the ledger only if a notification is due or may be overdue", async () => {
    let reads = 0;
    const { flow, pollAt } = await openSlow({
      ledger: {
        readWatchDocumentOrNull: (key) => {
          reads += 1;
          return flow.memory.readWatchDocumentOrNull(key);
        },
      },
    });
    const readsAt = async (minutes: number) => {
      reads = 0;
      await pollAt(minutes * MINUTE);
      return reads;
    };
    expect([await readsAt(1), await readsAt(2)]).toEqual([0, 0]);
    expect(await readsAt(6)).toBeGreaterThan(0);
    expect(await readsAt(7)).toBe(0);
    await flow.notify();
    expect(await readsAt(10)).toBe(1);
    expect((await flow.memory.readWatchDocumentOrNull(KEY))?.watch.slowAt).toBeNull();
    expect(await readsAt(12)).toBe(0);
  });

  it("is notified at the instant from which it is slow", async () => {
    const { flow, pollAt } = await openSlow();
    await pollAt(MINUTE);
    const slowAt = (await flow.memory.readWatchDocumentOrNull(KEY))?.watch.slowAt ?? 0;
    await pollAt(slowAt - T0 - 1);
    expect(bodiesOf(flow.notifyQueue)).toEqual([]);
    await pollAt(slowAt - T0);
    expect(bodiesOf(flow.notifyQueue)).toMatchObject([SLOW]);
  });

  it("is compared with the latest jobs at the instant from which it would be slow", async () => {
    const { flow, pollAt } = await openSlow();
    await pollAt(MINUTE);
    await addRisingDurations(flow);
    await pollAt(((await flow.memory.readWatchDocumentOrNull(KEY))?.watch.slowAt ?? 0) - T0);
    expect(bodiesOf(flow.notifyQueue)).toEqual([]);
  });

  it("is compared with the latest jobs only at its first poll and when it may be slow", async () => {
    const reads: string[] = [];
    const flowOf: { flow?: ReturnType<typeof createFlow> } = {};
    const { flow } = await openSlow({
      ledger: {
        readLatestDurations: async () => {
          reads.push("latest");
          return { jobs: [], subJobs: {} };
        },
        readDurationCounts: async (project, jobType) => {
          reads.push("durations");
          return flowOf.flow?.memory.readDurationCounts(project, jobType) ?? [];
        },
      },
    });
    flowOf.flow = flow;
    const handle = flow.createPoll();
    const pollsAt = async (number: number, ms: number) => {
      flow.clock.now = T0 + ms;
      reads.length = 0;
      await handle(number);
      return [...reads];
    };
    expect(await pollsAt(1, MINUTE)).toEqual(["durations", "latest"]);
    expect(await pollsAt(2, MINUTE + 30_000)).toEqual([]);
    expect(await pollsAt(3, 6 * MINUTE)).toEqual(["durations", "latest"]);
  });

  it("has a summary with the region, the context, the link to its page, and the number of polls", async () => {
    const { flow, pollAt } = await openSlow();
    const linkKeys = ["3f1c9b7a5d2e8f4061a7c3b9d5e2f8046b1d0c9e7a3f5b28"];
    Object.assign(flow.config.settings, Settings.parse({ linkKeys }));
    await flow.memory.stopWatch(KEY, T0, T0 * 2);
    await flow.open({ context: { actor: "release-bot" } });
    await pollAt(MINUTE);
    await pollAt(6 * MINUTE);
    expect((await flow.memory.readSlowRecord({ ...KEY, generation: 1 }))?.summary).toMatchObject({
      region: "eu-de",
      context: { actor: "release-bot" },
      jobPageUrl: expect.stringMatching(/^https:\/\/default\.example\/jobs\/prod\/job-1\?key=/),
      polls: 2,
      polledAt: T0 + 6 * MINUTE,
      acceptedAt: T0,
    });
  });

  it("has a summary without region and context if the project and the document of the watch are gone", async () => {
    const { flow, pollAt } = await openSlow({ ledger: { readWatchDocumentOrNull: async () => null } });
    await flow.memory.stopWatch(KEY, T0, T0 * 2);
    await flow.open({ context: { actor: "release-bot" } });
    Reflect.deleteProperty(flow.config.projects, PROJECT);
    flow.refreshedConfig = flow.config;
    await pollAt(MINUTE);
    await pollAt(6 * MINUTE);
    expect(bodiesOf(flow.notifyQueue)).toMatchObject([SLOW]);
    expect(flow.recorded.slow).toMatchObject([{ region: null, context: {}, jobPageUrl: null }]);
  });

  it("is notified with the generation of another caller's restarted watch that names the same target", async () => {
    const { flow, pollAt } = await openSlow();
    const other = { caller: "token:release" };
    await flow.open(other);
    await flow.memory.stopWatch({ ...KEY, ...other }, T0, T0 * 2);
    await flow.open(other);
    await pollAt(6 * MINUTE);
    expect(bodiesOf(flow.notifyQueue)).toMatchObject([{ ...SLOW, watchGeneration: 0, generation: 1 }]);
  });

  it("is not notified to a target that was removed from the config, whatever the name of the target is", async () => {
    const { flow, pollAt } = await openSlow();
    await flow.open({ targets: ["audit", "constructor", "removed"] });
    await pollAt(6 * MINUTE);
    expect(bodiesOf(flow.notifyQueue)).toMatchObject([SLOW]);
  });

  it("is notified with the same state after a crash before the poll was recorded", async () => {
    const { flow, pollAt } = await openSlow();
    await pollAt(MINUTE);
    flow.clock.now = T0 + 6 * MINUTE;
    await expect(
      flow.poll(2, "m-1", { send: () => Promise.reject(new Error("the queue does not respond")) }),
    ).rejects.toThrow();
    flow.clock.now += MINUTE;
    await flow.poll(2, "m-1");
    expect(bodiesOf(flow.notifyQueue)).toMatchObject([SLOW, SLOW]);
    expect(await flow.memory.readSlowRecord({ ...KEY, generation: 0 })).toMatchObject({
      summary: { ageSeconds: 360 },
    });
    expect(flow.recorded).toMatchObject({ slow: [{ polls: 2 }, { polls: 2 }], slowSentAgain: [] });
  });
});

/** Opens a watch of a running upgrade. `ended` upgrades took about five minutes. */
async function openSlowUpgrade(ended: number) {
  const { flow, pollAt } = await openSlow({ ended: 0 });
  const jobType = "cluster_upgrade";
  const entry = { project: PROJECT, jobType, day: daysSince1970(T0), expiresAt: T0 * 2 };
  const addEnded = (seconds: number) =>
    flow.memory.addDuration({ ...entry, bucket: bucketOfDuration(seconds) });
  for (let job = 0; job < ended; job += 1) await addEnded(280 + job);
  const operation = { kind: jobType, clusterId: "c", taskId: "job-1" } as const;
  await flow.memory.stopWatch(KEY, T0, T0 * 2);
  await flow.open({ targets: ["audit", "deploys"], operation });
  const task = jobIn("pending") as Extract<Observation, { kind: "job" }>;
  flow.resources = [1, 2, 3].map(() => ({ ...task, job: { ...task.job, phase: "Running" } }));
  return { flow, pollAt, jobType, addEnded };
}

it("an operation without a job is never notified as slow if too few operations had ended at its first poll", async () => {
  const { flow, pollAt, addEnded } = await openSlowUpgrade(19);
  await pollAt(MINUTE);
  await addEnded(290);
  await pollAt(6 * MINUTE);
  await pollAt(30 * MINUTE);
  expect(bodiesOf(flow.notifyQueue)).toEqual([]);
});

it("an operation without a job is notified once that it is slow", async () => {
  const { flow, pollAt, jobType } = await openSlowUpgrade(20);
  await pollAt(MINUTE);
  expect((await flow.memory.readWatchDocumentOrNull(KEY))?.watch.slowAt).toBeGreaterThan(T0 + 4 * MINUTE);
  expect(bodiesOf(flow.notifyQueue)).toEqual([]);
  await pollAt(6 * MINUTE);
  await pollAt(7 * MINUTE);
  expect(bodiesOf(flow.notifyQueue)).toMatchObject([{ ...SLOW, watchGeneration: 1 }]);
  expect(flow.recorded.slow).toMatchObject([{ jobType, phase: "Running", usual: { fromJobs: 20 } }]);
});

it("an ended job adds its duration and those of its subjobs if a target asks for slow jobs", async () => {
  const { flow, pollAt } = await openSlow();
  const ended = jobIn("succeeded") as Extract<Observation, { kind: "job" }>;
  const done = { state: "succeeded", updatedAt: T0 + 3 * MINUTE } as const;
  flow.observation = { ...ended, job: { ...ended.job, subJobs: [subJob("InstallMaster", done)] } };
  await pollAt(5 * MINUTE);
  expect(await flow.memory.readLatestDurations(PROJECT, "CreateCluster")).toEqual({
    jobs: [{ endedAt: T0 + 5 * MINUTE, seconds: expect.any(Number) }],
    subJobs: { InstallMaster: [120] },
  });
});

describe("the latest durations of a type", () => {
  const latest = async (flow: ReturnType<typeof createFlow>) =>
    flow.memory.readLatestDurations(PROJECT, "CreateCluster");
  const endedJob = (changes: Partial<Job>): Observation => {
    const ended = withCluster(jobIn("succeeded")) as Extract<Observation, { kind: "job" }>;
    const done = { state: "succeeded", updatedAt: T0 + 3 * MINUTE } as const;
    return { ...ended, job: { ...ended.job, subJobs: [subJob("InstallMaster", done)], ...changes } };
  };

  it("contain the subjobs of a job whose own duration is unknown", async () => {
    const { flow, pollAt } = await openSlow();
    flow.observation = endedJob({ createdAt: null });
    await pollAt(5 * MINUTE);
    expect(await latest(flow)).toEqual({ jobs: [], subJobs: { InstallMaster: [120] } });
  });

  it("contain nothing of a job that has not ended", async () => {
    const { flow, pollAt } = await openSlow();
    flow.observation = endedJob({ state: "pending" });
    await pollAt(60 * MINUTE);
    expect(flow.recorded.concluded).toMatchObject([{ outcome: "timed_out" }]);
    expect(flow.memory.state.latestDurations).toEqual({});
  });

  it("contain nothing of a job without a type", async () => {
    const { flow, pollAt } = await openSlow();
    flow.observation = endedJob({ type: null });
    await pollAt(5 * MINUTE);
    expect(flow.recorded.concluded).toMatchObject([{ outcome: "succeeded" }]);
    expect(flow.memory.state.latestDurations).toEqual({});
  });

  it("contain the time of the success, also if the resource became usable later", async () => {
    const { flow, pollAt } = await openSlow({ readyMinutes: 60 });
    flow.observation = endedJob({});
    const available = { ...jobIn("succeeded"), message: null };
    flow.resources = [{ kind: "unavailable", text: "HTTP 503" }, available];
    await pollAt(5 * MINUTE);
    await pollAt(9 * MINUTE);
    expect(flow.recorded.concluded).toMatchObject([{ outcome: "succeeded", ready: { state: "ready" } }]);
    expect(await latest(flow)).toMatchObject({ jobs: [{ endedAt: T0 + 5 * MINUTE, seconds: 60 }] });
  });

  it("contain no subjobs if the last poll of a succeeded job was postponed", async () => {
    let requestAt = T0;
    const { flow, pollAt } = await openSlow({
      readyMinutes: 10,
      ledger: { reserveRequestTime: async () => requestAt },
    });
    flow.config.settings.poll.queriesPerFiveMinutes = 10;
    flow.observation = endedJob({});
    flow.resources = [{ kind: "unavailable", text: "HTTP 503" }];
    await pollAt(5 * MINUTE);
    requestAt = T0 * 2;
    await pollAt(15 * MINUTE);
    expect(flow.recorded.concluded).toMatchObject([{ outcome: "succeeded", ready: { state: "unknown" } }]);
    expect(await latest(flow)).toEqual({
      jobs: [{ endedAt: T0 + 5 * MINUTE, seconds: 60 }],
      subJobs: {},
    });
  });
});

it("the notification of a slow job is delivered, and is dropped if `on` of the target no longer names it", async () => {
  for (const on of [["slow"], ["failed"]] as const) {
    const { flow, pollAt } = await openSlow();
    await pollAt(MINUTE);
    await pollAt(6 * MINUTE);
    const { audit } = flow.config.targets;
    if (audit !== undefined) audit.on = [...on];
    expect(await flow.notify()).toBe("acknowledged");
    expect(flow.recorded.posts).toHaveLength(on[0] === "slow" ? 1 : 0);
  }
});

test("a slow job is logged and counted", async () => {
  const { flow, pollAt } = await openSlow();
  await pollAt(MINUTE);
  await pollAt(6 * MINUTE);
  const [summary] = flow.recorded.slow;
  if (summary === undefined) throw new Error("no job was slow");
  const { logged, metrics } = await capturedLog(() => logAndCountSlowJob(summary, { caller: "token:a" }));
  expect(logged).toEqual([
    {
      message: "slow",
      project: PROJECT,
      job_id: "job-1",
      caller: "token:a",
      job_type: "CreateCluster",
      age_seconds: 360,
      p50_seconds: expect.any(Number),
      p95_seconds: expect.any(Number),
      from_jobs: 20,
    },
  ]);
  expect(metrics).toMatchObject({ SlowJobs: 1 });
  const again = await capturedLog(() => logAndCountSentAgain(KEY, { notifications: 2, stuck: 0 }));
  const { jobId: job_id, ...key } = KEY;
  expect(again.logged).toEqual([{ message: "sent again", ...key, job_id, polls: 0, notifications: 2 }]);
  expect(again.metrics).toMatchObject({ NotificationsOverdue: 2 });
  expect(again.metrics).not.toHaveProperty("FaultsFound");
  const stuck = await capturedLog(() => logAndCountSentAgain(KEY, { notifications: 2, stuck: 2 }));
  expect(stuck.metrics).toMatchObject({ NotificationsOverdue: 2, FaultsFound: 1 });
});

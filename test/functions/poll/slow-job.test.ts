import { logAndCountSentAgain, logAndCountSlowJob } from "../../../functions/poll/slow-job.ts";
import type { Job, Observation } from "../../../lib/domain/job.ts";
import { bucketOfDuration, daysSince1970 } from "../../../lib/schedule/duration-counts.ts";
import { PROJECT, T0 } from "../../simulation/draw-inputs.ts";
import { capturedLog } from "../captured-log.ts";
import { bodiesOf, createFlow, jobIn, KEY } from "../steps-harness.ts";

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

/** Opens a watch of a running job. `ended` jobs of the type took about five minutes. */
async function openSlow(
  options: { ended?: number; on?: readonly ("slow" | "failed")[]; readyMinutes?: number } = {},
) {
  const flow = createFlow();
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
    expect((await flow.memory.readWatch(KEY))?.watch).toMatchObject({ state: "watching", slowAt: null });
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
    const { nextPollAt } = (await flow.memory.readWatch(KEY))?.watch ?? {};
    expect(nextPollAt).toBeGreaterThan(T0 + 6 * MINUTE + 10_000);
  });

  it("is polled in time to send a lost notification again after four minutes", async () => {
    const { flow, pollAt } = await openSlow();
    await pollAt(40 * MINUTE);
    expect(bodiesOf(flow.notifyQueue)).toMatchObject([SLOW]);
    for (const minutes of [44, 48]) {
      flow.notifyQueue.purge();
      const { nextPollAt } = (await flow.memory.readWatch(KEY))?.watch ?? {};
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
    const document = await flow.memory.readWatch(KEY);
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
    expect((await flow.memory.readSlow({ ...KEY, generation: 0 }))?.summary).toMatchObject({
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
    const { slowAt, nextPollAt } = (await flow.memory.readWatch(KEY))?.watch ?? {};
    expect(slowAt).toBeGreaterThan(T0 + 299_000);
    expect(slowAt).toBeLessThan(T0 + 310_000);
    expect(nextPollAt).toBeLessThanOrEqual((slowAt ?? 0) + 1000);
  });

  it("is slow later if the latest jobs took longer and longer", async () => {
    const { flow, pollAt } = await openSlow();
    for (let job = 0; job < 60; job += 1)
      await flow.memory.addLatestDurations(
        PROJECT,
        "CreateCluster",
        { job: { endedAt: T0 - (60 - job) * 10 * MINUTE, seconds: 200 + 5 * job }, subJobs: {} },
        T0 * 2,
      );
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
    expect(await flow.memory.readSlow({ ...KEY, generation: 0 })).toMatchObject({
      summary: { ageSeconds: 360 },
    });
  });
});

it("an operation without a job is notified once that it is slow", async () => {
  const { flow, pollAt } = await openSlow({ ended: 0 });
  const jobType = "cluster_upgrade";
  for (let job = 0; job < 20; job += 1)
    await flow.memory.addDuration({
      project: PROJECT,
      jobType,
      day: daysSince1970(T0),
      bucket: bucketOfDuration(280 + job),
      expiresAt: T0 * 2,
    });
  const operation = { kind: jobType, clusterId: "c", taskId: "job-1" } as const;
  await flow.memory.stopWatch(KEY, T0, T0 * 2);
  await flow.open({ targets: ["audit", "deploys"], operation });
  const task = jobIn("pending") as Extract<Observation, { kind: "job" }>;
  flow.resources = [1, 2, 3].map(() => ({ ...task, job: { ...task.job, phase: "Running" } }));
  await pollAt(MINUTE);
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
  expect(logged).toMatchObject([{ message: "slow", job_type: "CreateCluster" }]);
  expect(metrics).toMatchObject({ SlowJobs: 1 });
  const again = await capturedLog(() => logAndCountSentAgain(KEY, 2));
  expect(again.logged).toMatchObject([{ message: "sent again", job_id: "job-1", notifications: 2 }]);
  expect(again.metrics).toMatchObject({ NotificationsOverdue: 2 });
});

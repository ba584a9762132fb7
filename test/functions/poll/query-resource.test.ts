import { queryOperationAsJob, queryResourcesUntilNotReady } from "../../../functions/poll/query-resource.ts";
import { interpretResourceReplyUnmasked } from "../../../lib/cce/interpret-resource-reply.ts";
import type { Job, JobState, Observation } from "../../../lib/domain/job.ts";
import type { Operation } from "../../../lib/domain/operation.ts";
import { T0 } from "../../simulation/draw-inputs.ts";
import { bodiesOf, createFlow, jobIn, KEY } from "../steps-harness.ts";

const UPGRADE = { kind: "cluster_upgrade", clusterId: "c", taskId: "t" } as const;
const CLUSTER_UPGRADE = { kind: "cluster_upgrade", clusterId: "c" } as const;
const PRECHECK = { kind: "upgrade_precheck", clusterId: "c", taskId: "t" } as const;
const SCALE = { kind: "node_pool_scale", clusterId: "c", nodePoolId: "np" } as const;
const ADDON = { kind: "addon", clusterId: "c", addonId: "a" } as const;
const DELETION = { ...ADDON, action: "delete" } as const;
const HIBERNATE = { kind: "hibernate", clusterId: "c" } as const;
const AWAKE = { kind: "awake", clusterId: "c" } as const;

/** Queries an operation in a cloud that returns these statuses of the queried resources one after the other. */
async function query(operation: Operation, phase: string | null, ...statuses: readonly object[]) {
  const remaining = [...statuses];
  return queryOperationAsJob({ ...KEY, phase }, operation, 1000, {
    queryResource: async (project, resource): Promise<Observation> => {
      const body = JSON.stringify({ metadata: { name: "blue" }, ...remaining.shift() });
      return interpretResourceReplyUnmasked({ status: 200, headers: {}, body }, resource, T0, project);
    },
  });
}

const status = (phase: string, more: object = {}) => ({ status: { phase, ...more } });
const pool = (phase: string, found: object, initialNodeCount = 3) => ({
  spec: { initialNodeCount },
  status: { phase, ...found },
});
const addon = (state: string) => ({ status: { status: state, Reason: "", message: "" } });

describe("the states of an operation", () => {
  const rows: [Operation, object, JobState][] = [
    ...["Init", "Queuing", "Running", "Pause"].map((phase): (typeof rows)[number] => [
      UPGRADE,
      status(phase),
      "pending",
    ]),
    [UPGRADE, status("Success"), "succeeded"],
    [UPGRADE, status("Failed"), "failed"],
    [CLUSTER_UPGRADE, status("Upgrading"), "pending"],
    [CLUSTER_UPGRADE, status("Unavailable"), "pending"],
    [CLUSTER_UPGRADE, status("Available"), "succeeded"],
    [CLUSTER_UPGRADE, status("RollingBack"), "failed"],
    [CLUSTER_UPGRADE, status("RollbackFailed"), "failed"],
    [PRECHECK, status("Init"), "pending"],
    [PRECHECK, status("Running"), "pending"],
    [PRECHECK, status("Success"), "succeeded"],
    [PRECHECK, status("Failed"), "failed"],
    [PRECHECK, status("Error"), "failed"],
    [SCALE, pool("", { currentNode: 3 }), "succeeded"],
    [SCALE, { spec: { initialNodeCount: 3 }, status: { currentNode: 3 } }, "succeeded"],
    [SCALE, pool("", { currentNode: 2 }), "pending"],
    [SCALE, pool("", { currentNode: 3, creatingNode: 1 }), "pending"],
    [SCALE, pool("", { currentNode: 3, deletingNode: 2 }), "pending"],
    [SCALE, pool("Synchronizing", { currentNode: 3 }), "pending"],
    [SCALE, pool("Synchronized", { currentNode: 3 }), "pending"],
    [SCALE, pool("SoldOut", { currentNode: 1 }), "failed"],
    [SCALE, pool("Error", { currentNode: 1 }), "failed"],
    ...["running", "available"].map((state): (typeof rows)[number] => [ADDON, addon(state), "succeeded"]),
    ...["installing", "upgrading", "rollbacking", "unknown", "deleting"].map(
      (state): (typeof rows)[number] => [ADDON, addon(state), "pending"],
    ),
    ...["abnormal", "installFailed", "upgradeFailed", "rollbackFailed", "deleteFailed"].map(
      (state): (typeof rows)[number] => [ADDON, addon(state), "failed"],
    ),
    [DELETION, addon("running"), "pending"],
    [DELETION, addon("deleting"), "pending"],
    [DELETION, addon("deleteSuccess"), "succeeded"],
    [DELETION, addon("deleteFailed"), "failed"],
    [HIBERNATE, status("Available"), "pending"],
    [HIBERNATE, status("Hibernating"), "pending"],
    [HIBERNATE, status("Hibernation"), "succeeded"],
    [HIBERNATE, status("Error"), "failed"],
    [AWAKE, status("Hibernation"), "pending"],
    [AWAKE, status("Awaking"), "pending"],
    [AWAKE, status("Available"), "succeeded"],
    [AWAKE, status("Error"), "failed"],
    [AWAKE, status("AVAILABLE"), "succeeded"],
    [AWAKE, status("Dreaming"), "pending"],
    [AWAKE, status(""), "pending"],
  ];
  it.each(rows)("%j in %j is %s", async (operation, document, state) => {
    const observation = await query(operation, "earlier", document, {});
    expect(observation).toMatchObject({
      kind: "job",
      job: { type: operation.kind, jobId: KEY.jobId, state },
    });
  });

  it.each([
    [AWAKE, status("Dreaming"), "Unknown phase 'Dreaming'"],
    [AWAKE, status(""), "CCE gives no phase"],
    [UPGRADE, status("Pause"), "The upgrade is paused."],
  ])("warns about %j in %j", async (operation, document, warning) => {
    expect(await query(operation, null, document)).toMatchObject({
      warnings: [expect.stringContaining(warning)],
    });
  });

  it.each([
    [status("Running", { progress: "40" }), "Progress: 40 %"],
    [status("Running", { progress: 55.5 }), "Progress: 55.5 %"],
    [status("Queuing", { progress: "3 of 7" }), "Progress: 3 of 7"],
    [status("Running", { progress: "40", message: "node 2" }), "node 2"],
    [status("Running", { progress: "" }), null],
    [status("Pause", { progress: "40" }), "The upgrade is paused."],
    [status("Success", { progress: "100" }), null],
  ])("shows the progress of the upgrade task %j as the reason %j", async (document, reason) => {
    expect(await query(UPGRADE, "Running", document)).toMatchObject({
      job: { reason: reason === "The upgrade is paused." ? expect.stringContaining(reason) : reason },
    });
  });

  it("shows the empty phase of a node pool as Available, and the empty phase of no other resource", async () => {
    expect(await query(SCALE, "x", pool("", { currentNode: 3 }))).toMatchObject({
      job: { phase: "Available" },
    });
    expect(await query(AWAKE, "x", status(""))).toMatchObject({ job: { phase: null } });
  });

  it("is pending for an upgrade task without a phase", async () => {
    expect(await query(UPGRADE, "x", { status: {} })).toMatchObject({
      job: { state: "pending", phase: null },
    });
  });
});

describe("the reason of an operation", () => {
  it.each([
    ["the message of a pre-check", PRECHECK, status("Failed", { message: "disk full" }), "disk full"],
    [
      "the reason and the message of a cluster",
      AWAKE,
      status("Error", { reason: "Quota", message: "no quota left" }),
      "Quota: no quota left",
    ],
    [
      "the Reason of an add-on",
      ADDON,
      { status: { status: "installFailed", Reason: "ImagePull", message: "no image" } },
      "ImagePull: no image",
    ],
    [
      "the unmet conditions of a node pool",
      SCALE,
      pool("SoldOut", {
        conditions: [
          { type: "Scalable", status: "False", message: "the flavor is sold out" },
          { type: "QuotaInsufficient", status: "True", reason: "NoQuota" },
          { type: "LockedByOrder", status: "False", message: "not locked" },
        ],
      }),
      "the flavor is sold out; NoQuota",
    ],
  ])("is %s", async (_, operation, document, reason) => {
    expect(await query(operation, "earlier", document)).toMatchObject({ job: { state: "failed", reason } });
  });

  it.each([
    [" Quota ", "no quota left\n", "Quota: no quota left"],
    ["no quota left", " no quota left", "no quota left"],
    [" ", "no quota left", "no quota left"],
  ])("joins the reason %j and the message %j without spaces around them", async (reason, message, joined) => {
    const observation = await query(AWAKE, "earlier", status("Error", { reason, message }));
    expect(observation).toMatchObject({ job: { reason: joined } });
  });

  it("is the state of the cluster if a failed upgrade task gives none", async () => {
    const observation = await query(
      UPGRADE,
      "Running",
      status("Failed"),
      status("Unavailable", { message: "etcd has no leader" }),
    );
    expect(observation).toMatchObject({ job: { phase: "Failed", reason: "etcd has no leader" } });
  });
});

const FAILED_POOL = pool("SoldOut", { currentNode: 1 });
const SETTLED_POOL = pool("", { currentNode: 3 });

describe("a state that may be from before the operation", () => {
  it.each([
    [SCALE, SETTLED_POOL],
    [SCALE, FAILED_POOL],
    [ADDON, addon("running")],
    [ADDON, addon("abnormal")],
    [CLUSTER_UPGRADE, status("Available")],
  ])("does not end %j at the first poll that sees it", async (operation, document) => {
    expect(await query(operation, null, document)).toMatchObject({
      job: { state: "pending" },
      maxDelaySeconds: 5,
    });
  });

  it.each([
    [UPGRADE, status("Success"), "succeeded"],
    [HIBERNATE, status("Hibernation"), "succeeded"],
    [AWAKE, status("Available"), "succeeded"],
    [DELETION, addon("deleteSuccess"), "succeeded"],
  ])("ends %j in %j at once, because the state before is another", async (operation, document, state) => {
    expect(await query(operation, null, document)).toMatchObject({ job: { state } });
  });

  it("delays no further poll of an operation that has not ended", async () => {
    const observation = await query(SCALE, null, pool("", { currentNode: 2 }));
    expect(observation).toMatchObject({ job: { state: "pending" } });
    expect(observation).not.toHaveProperty("maxDelaySeconds");
  });

  it("ends the watch at the next poll, five seconds later", async () => {
    const flow = createFlow();
    await flow.open({ operation: ADDON });
    const running = await query(ADDON, "x", addon("running"));
    flow.resources = [running, running];
    await flow.poll(1);
    expect(bodiesOf(flow.pollQueue)).toMatchObject([{ kind: "poll", poll: 2 }]);
    expect((await flow.memory.readWatchDocumentOrNull(KEY))?.watch).toMatchObject({
      state: "watching",
      phase: "running",
      nextPollAt: T0 + 5000,
    });
    flow.clock.now = T0 + 5000;
    await flow.poll(2);
    expect(flow.recorded.concluded).toMatchObject([
      { outcome: "succeeded", jobType: "addon", durationSeconds: 5, lagSeconds: null, clusterId: "c" },
    ]);
  });
});

describe("a watch of an operation", () => {
  it("learns the duration for its own kind only", async () => {
    const flow = createFlow();
    await flow.open({ operation: AWAKE });
    flow.resources = [await query(AWAKE, "x", status("Available"))];
    flow.clock.now = T0 + 90_000;
    await flow.poll(1);
    expect(await flow.memory.readDurationCounts(KEY.project, "awake")).toMatchObject([{ count: 1 }]);
    expect(await flow.memory.readDurationCounts(KEY.project, "*")).toEqual([]);
  });

  it("takes the duration and the lag from the times of a task", async () => {
    const flow = createFlow();
    await flow.open({ operation: UPGRADE });
    const task = {
      metadata: { creationTimestamp: new Date(T0 - 60_000).toISOString() },
      status: { phase: "Success", completionTime: new Date(T0 + 30_000).toISOString() },
    };
    flow.resources = [await query(UPGRADE, null, task)];
    flow.clock.now = T0 + 40_000;
    await flow.poll(1);
    expect(flow.recorded.concluded).toMatchObject([{ durationSeconds: 90, lagSeconds: 10 }]);
  });

  it("ends as lost with its type and its cluster if CCE never showed its task", async () => {
    const flow = createFlow();
    await flow.open({ operation: UPGRADE });
    flow.resources = [{ kind: "gone", text: "CCE does not know this upgrade task" }];
    flow.clock.now = T0 + 200_000;
    await flow.poll(1);
    expect(flow.recorded.concluded).toMatchObject([
      { outcome: "lost", jobType: "cluster_upgrade", clusterId: "c", phase: null },
    ]);
  });

  it("says that the upgrade is paused when the deadline passes", async () => {
    const flow = createFlow();
    await flow.open({ operation: UPGRADE });
    flow.resources = [await query(UPGRADE, null, status("Pause"))];
    flow.clock.now = T0 + 3_600_000;
    await flow.poll(1);
    expect(flow.recorded.concluded).toMatchObject([
      {
        outcome: "timed_out",
        reason: expect.stringContaining("still Pause"),
        warnings: [expect.stringContaining("The upgrade is paused.")],
      },
    ]);
  });

  it("waits after the success of its task until the cluster is available", async () => {
    const flow = createFlow();
    await flow.open({ operation: UPGRADE, readyMinutes: 15 });
    const cluster = (phase: string) => query(AWAKE, "x", status(phase));
    flow.resources = [await query(UPGRADE, null, status("Success")), await cluster("Unavailable")];
    await flow.poll(1);
    expect(flow.recorded.concluded).toEqual([]);
    flow.resources = [await cluster("Available")];
    await flow.poll(2);
    expect(flow.recorded.concluded).toMatchObject([{ outcome: "succeeded", ready: { state: "ready" } }]);
  });
});

describe("the query of the resources of a succeeded job", () => {
  const NODE = { type: "CreateNode", clusterId: "c-1", resourceId: "n-1" };

  function jobWith(changes: Partial<Job>): Job {
    const observation = jobIn("succeeded");
    if (observation.kind !== "job") throw new Error("the observation has no job");
    return { ...observation.job, type: "CreateCluster", clusterId: "c-1", ...changes };
  }

  /**
   * Queries the resources. Each query takes `queryMs` and gives the next observation, the last observation again and
   * again.
   */
  async function check(job: Job, observations: readonly Observation[], queryMs = 400) {
    let now = T0;
    const timeLimitsMs: number[] = [];
    const throttled: string[] = [];
    const { config } = createFlow();
    const result = await queryResourcesUntilNotReady(KEY.project, job, 1000, {
      cce: {
        async queryResource(_project, _resource, { timeLimitMs }) {
          now += queryMs;
          timeLimitsMs.push(timeLimitMs);
          const observation = observations[timeLimitsMs.length - 1] ?? observations.at(-1);
          if (observation === undefined) throw new Error("the test has no observation");
          return observation;
        },
      },
      rateLimit: { reserve: async () => null, onThrottled: (project) => void throttled.push(project) },
      config,
      now: () => now,
    });
    return { result, timeLimitsMs, throttled };
  }

  it("gives each query the remaining time, and makes no query after the end of the time", async () => {
    const subJobs = ["n-1", "n-2", "n-3", "n-4"].map((id) => jobWith({ ...NODE, jobId: id, resourceId: id }));
    const { result, timeLimitsMs } = await check(jobWith({ subJobs }), [jobIn("succeeded")]);
    expect(timeLimitsMs).toEqual([1000, 600, 200]);
    const text = "CCE did not answer in time";
    expect(result).toEqual({ kind: "unseen", observation: { kind: "unavailable", text } });
  });

  it("makes no query when exactly no time remains", async () => {
    const subJobs = ["n-1", "n-2"].map((id) => jobWith({ ...NODE, jobId: id, resourceId: id }));
    const { timeLimitsMs } = await check(jobWith({ subJobs }), [jobIn("succeeded")], 500);
    expect(timeLimitsMs).toEqual([1000, 500]);
  });

  it("queries at most 20 resources", async () => {
    const ids = Array.from({ length: 30 }, (_, index) => `n-${index}`);
    const subJobs = ids.map((id) => jobWith({ ...NODE, jobId: id, resourceId: id }));
    const { timeLimitsMs, result } = await check(jobWith({ subJobs }), [jobIn("succeeded")], 1);
    expect(timeLimitsMs).toHaveLength(20);
    expect(result).toMatchObject({ kind: "ready" });
  });

  it("reports a throttled query to the rate limit of the project, and no other reply", async () => {
    const throttledReply = { kind: "throttled", text: "too many", retryAfterSeconds: null } as const;
    const throttled = await check(jobWith({}), [throttledReply]);
    expect(throttled).toMatchObject({ throttled: [KEY.project], result: { kind: "unseen" } });
    const ready = await check(jobWith({}), [jobIn("succeeded")]);
    expect(ready).toMatchObject({ throttled: [], result: { kind: "ready", hasNodes: false } });
  });

  it("says that a job with a cluster and a node has nodes", async () => {
    const { result } = await check(jobWith({ subJobs: [jobWith({ ...NODE, jobId: "n" })] }), [
      jobIn("succeeded"),
    ]);
    expect(result).toEqual({ kind: "ready", hasNodes: true });
  });

  it("counts a resource that CCE does not know as unavailable, because the resource may appear later", async () => {
    const { result } = await check(jobWith({}), [{ kind: "gone", text: "no such cluster" }]);
    expect(result).toEqual({
      kind: "unseen",
      observation: { kind: "unavailable", text: "no such cluster" },
    });
  });
});

describe("the query of an operation", () => {
  it("gives each query the time limit, and names the resource and no pause", async () => {
    const timeLimitsMs: number[] = [];
    const observation = await queryOperationAsJob({ ...KEY, phase: null }, UPGRADE, 1234, {
      queryResource: async (project, resource, { timeLimitMs }): Promise<Observation> => {
        timeLimitsMs.push(timeLimitMs);
        const body = JSON.stringify({ metadata: { name: "blue" }, ...status("Failed") });
        return interpretResourceReplyUnmasked({ status: 200, headers: {}, body }, resource, T0, project);
      },
    });
    expect(timeLimitsMs).toEqual([1234, 1234]);
    expect(observation).toMatchObject({ job: { resourceName: "blue" }, warnings: [] });
  });

  it("shows a pause only for an upgrade task", async () => {
    const warnings = [expect.stringContaining("Unknown phase 'Pause'")];
    expect(await query(HIBERNATE, "x", status("Pause"))).toMatchObject({ warnings });
  });

  it("asks for the reason of the cluster only after a failed upgrade task", async () => {
    const queried: string[] = [];
    const cce = {
      queryResource: async (
        ...[project, resource]: [string, Parameters<typeof interpretResourceReplyUnmasked>[1]]
      ) => {
        queried.push(resource.goal);
        const body = JSON.stringify({ metadata: { name: "blue" }, ...status("Running") });
        return interpretResourceReplyUnmasked({ status: 200, headers: {}, body }, resource, T0, project);
      },
    };
    await queryOperationAsJob({ ...KEY, phase: null }, UPGRADE, 1000, cce);
    expect(queried).toEqual(["upgrade_task_succeeded"]);
  });
});

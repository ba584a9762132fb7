import type { Observation } from "../../../lib/domain/job.ts";
import { T0 } from "../../simulation/draw-inputs.ts";
import { bodiesOf, createFlow, jobIn, KEY } from "../steps-harness.ts";

const MINUTE = 60_000;

/** Returns the success of a job that made a cluster or a node. */
function success(type = "CreateCluster"): Observation {
  const observation = jobIn("succeeded");
  if (observation.kind !== "job") throw new Error("not a job");
  return {
    ...observation,
    job: { ...observation.job, type, phase: "Success", clusterId: "c-1", resourceId: "n-1" },
  };
}

function resourceIn(
  state: "pending" | "succeeded",
  phase: string,
  message: string | null = null,
): Observation {
  const observation = jobIn(state);
  if (observation.kind !== "job") throw new Error("not a job");
  return { ...observation, job: { ...observation.job, phase }, message };
}

const UNAVAILABLE = resourceIn("pending", "Unavailable", "no master answers");
const AVAILABLE = resourceIn("succeeded", "Available");
const FORBIDDEN: Observation = { kind: "forbidden", text: "no permission" };

/** Opens a watch that waits until ready. */
async function openReady(minutes = 15) {
  const flow = createFlow();
  await flow.open({ readyMinutes: minutes });
  flow.observation = success();
  return flow;
}

describe("a watch that waits until ready", () => {
  it("ends at the poll that sees the success if the cluster is available already", async () => {
    const flow = await openReady();
    flow.resources = [AVAILABLE];
    await flow.poll(1);
    expect(flow.recorded.concluded).toMatchObject([
      { outcome: "succeeded", ready: { state: "ready", reason: null, message: null } },
    ]);
    expect(bodiesOf(flow.notifyQueue)).toMatchObject([{ outcome: "succeeded" }]);
  });

  it("records the success, notifies nobody, and does not query the job again", async () => {
    const flow = await openReady();
    flow.resources = [UNAVAILABLE, AVAILABLE];
    await flow.poll(1);
    expect((await flow.memory.readWatchDocumentOrNull(KEY))?.watch).toMatchObject({
      state: "watching",
      phase: "Success",
      ready: { succeededAt: T0, wasNotReady: true, reason: "Unavailable", message: "no master answers" },
    });
    expect(bodiesOf(flow.notifyQueue)).toEqual([]);
    flow.observation = { kind: "gone", text: "the job is queried again" };
    flow.clock.now += 10_000;
    await flow.poll(2);
    expect(flow.recorded.concluded).toMatchObject([{ outcome: "succeeded", phase: "Success" }]);
  });

  it("measures the lag and the duration of the job without the wait for the resource", async () => {
    const flow = await openReady();
    flow.clock.now = T0 + 61_000;
    flow.resources = [UNAVAILABLE, AVAILABLE];
    await flow.poll(1);
    flow.clock.now += 5 * MINUTE;
    await flow.poll(2);
    expect(flow.recorded.concluded).toMatchObject([{ lagSeconds: 1, durationSeconds: 60 }]);
  });

  it("ends as not_ready with the resource's own reason and message when its own deadline has passed", async () => {
    const flow = await openReady(10);
    flow.resources = [UNAVAILABLE, UNAVAILABLE];
    await flow.poll(1);
    flow.clock.now = T0 + 10 * MINUTE;
    await flow.poll(2);
    expect(flow.recorded.concluded).toMatchObject([
      {
        outcome: "not_ready",
        reason:
          "The job succeeded, but its resource was not ready after 10 min. Unavailable: no master answers",
        ready: { state: "not_ready", reason: "Unavailable", message: "no master answers" },
      },
    ]);
    expect(bodiesOf(flow.notifyQueue)).toMatchObject([{ outcome: "not_ready" }]);
  });

  it("continues after the deadline of the job until its own deadline", async () => {
    const flow = await openReady();
    await flow.open({ acceptedAt: T0 });
    flow.clock.now = T0 + 59 * MINUTE;
    flow.resources = [UNAVAILABLE, AVAILABLE];
    await flow.poll(1);
    flow.clock.now = T0 + 65 * MINUTE;
    await flow.poll(2);
    expect(flow.recorded.concluded).toMatchObject([{ outcome: "succeeded", ready: { state: "ready" } }]);
  });

  it("finds a node usable only at two polls in a row", async () => {
    const flow = await openReady();
    flow.observation = success("CreateNode");
    const [active, abnormal] = [resourceIn("succeeded", "Active"), resourceIn("pending", "Abnormal")];
    flow.resources = [active, abnormal, active, active];
    for (const poll of [1, 2, 3]) {
      await flow.poll(poll);
      flow.clock.now += 10_000;
    }
    expect(flow.recorded.concluded).toEqual([]);
    await flow.poll(4);
    expect(flow.recorded.concluded).toMatchObject([{ outcome: "succeeded", ready: { state: "ready" } }]);
  });

  it("ends as succeeded with a warning if no poll may read the resource", async () => {
    const flow = await openReady();
    flow.resources = [FORBIDDEN, FORBIDDEN];
    await flow.poll(1);
    flow.clock.now += 10 * MINUTE;
    await flow.poll(2);
    expect(flow.recorded.concluded).toMatchObject([
      {
        outcome: "succeeded",
        ready: { state: "unknown", message: "no permission" },
        warnings: ["The job succeeded, but no poll could see whether its resource is usable. no permission"],
      },
    ]);
  });

  it("says why no poll could read the resource, also if the rate of the last polls was limited", async () => {
    const flow = await openReady(10);
    const limited: Observation = { kind: "throttled", text: "queries wait", retryAfterSeconds: 10 };
    const unknown: Observation = { kind: "unavailable", text: "CCE does not know this node" };
    flow.resources = [limited, unknown, limited];
    for (const poll of [1, 2, 3]) {
      await flow.poll(poll);
      flow.clock.now += 5 * MINUTE;
    }
    expect(flow.recorded.concluded).toMatchObject([
      { outcome: "succeeded", ready: { state: "unknown", message: "CCE does not know this node" } },
    ]);
  });

  it("ends as not_ready if a node flips until the deadline, also if the last poll finds the node usable", async () => {
    const flow = await openReady(10);
    flow.observation = success("CreateNode");
    const [active, installing] = [resourceIn("succeeded", "Active"), resourceIn("pending", "Installing")];
    flow.resources = [active, installing, active];
    await flow.poll(1);
    flow.clock.now += 5 * MINUTE;
    await flow.poll(2);
    flow.clock.now += 5 * MINUTE;
    await flow.poll(3);
    expect(flow.recorded.concluded).toMatchObject([
      {
        outcome: "not_ready",
        ready: {
          state: "not_ready",
          message: "The resource was usable, but not at two polls in a row.",
        },
      },
    ]);
  });

  it("reports for each poll what the poll saw of the resource", async () => {
    const flow = await openReady();
    flow.resources = [FORBIDDEN, UNAVAILABLE];
    await flow.poll(1);
    await flow.poll(2);
    expect(flow.recorded.polls).toMatchObject([
      { observation: "job", resource: "forbidden" },
      { observation: "job", resource: "job" },
    ]);
  });

  it("ends as not_ready if a resource that a poll has seen can no longer be seen", async () => {
    const flow = await openReady();
    flow.resources = [UNAVAILABLE, { kind: "gone", text: "CCE does not know this cluster" }];
    await flow.poll(1);
    flow.clock.now += 15 * MINUTE;
    await flow.poll(2);
    expect(flow.recorded.concluded).toMatchObject([
      { outcome: "not_ready", ready: { reason: "Unavailable" } },
    ]);
  });

  it("ends as succeeded with a warning if a poll found a node usable and no later poll may read the node", async () => {
    const flow = await openReady();
    flow.observation = success("CreateNode");
    flow.resources = [resourceIn("succeeded", "Active"), FORBIDDEN, FORBIDDEN];
    for (const poll of [1, 2, 3]) {
      await flow.poll(poll);
      flow.clock.now += 10 * MINUTE;
    }
    expect(flow.recorded.concluded).toMatchObject([{ outcome: "succeeded", ready: { state: "unknown" } }]);
  });

  it("ends as succeeded with a warning if the type of the job names no resource", async () => {
    const flow = await openReady();
    flow.observation = success("CreatePSMCert");
    await flow.poll(1);
    expect(flow.recorded.concluded).toMatchObject([{ outcome: "succeeded", ready: { state: "unknown" } }]);
  });

  it("notifies a failure of the job at once, without the field ready", async () => {
    const flow = await openReady();
    flow.observation = jobIn("failed");
    await flow.poll(1);
    expect(flow.recorded.concluded).toMatchObject([{ outcome: "failed" }]);
    expect(flow.recorded.concluded[0]).not.toHaveProperty("ready");
  });

  it("ends as not_ready, not as timed_out, when the maximum of polls is reached", async () => {
    const flow = createFlow({ settings: { maxPolls: 2 } });
    await flow.open({ readyMinutes: 15 });
    flow.observation = success();
    flow.resources = [UNAVAILABLE, UNAVAILABLE];
    await flow.poll(1);
    await flow.poll(2);
    expect(flow.recorded.concluded).toMatchObject([{ outcome: "not_ready" }]);
  });

  it("repeats the poll that saw the success if the caller asks during the poll to wait until ready", async () => {
    const flow = createFlow();
    await flow.open();
    const { readWatchDocumentOrNull } = flow.memory;
    const ledger = {
      async readWatchDocumentOrNull(key: typeof KEY) {
        await flow.open({ readyMinutes: 15 });
        return readWatchDocumentOrNull(key);
      },
    };
    const racing = createFlow({ ledger: { ...flow.memory, ...ledger } });
    racing.observation = success();
    await expect(racing.poll(1)).rejects.toThrow("must wait until the resource");
    expect(racing.recorded.concluded).toEqual([]);
    racing.resources = [AVAILABLE];
    await racing.poll(1);
    expect(racing.recorded.concluded).toMatchObject([{ outcome: "succeeded", ready: { state: "ready" } }]);
  });

  it("makes no query of a resource without readyMinutes", async () => {
    const flow = createFlow();
    await flow.open();
    flow.observation = success();
    await flow.poll(1);
    expect(flow.recorded.concluded).toMatchObject([{ outcome: "succeeded" }]);
    expect(flow.recorded.concluded[0]).not.toHaveProperty("ready");
  });
});

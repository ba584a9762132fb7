import { T0 } from "../../simulation/draw-inputs.ts";
import { bodiesOf, createFlow, jobIn, KEY } from "../steps-harness.ts";

const MINUTE_MS = 60_000;
const TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

describe("the sweep of a digest", () => {
  it("sends the digest when its last members were stopped or restarted by a later call", async () => {
    const flow = createFlow();
    const others = ["job-2", "job-3"].map((jobId) => ({ ...KEY, jobId, generation: 0 }));
    const digest = {
      digestId: "d-1",
      caller: KEY.caller,
      members: [{ ...KEY, generation: 0 }, ...others],
      targets: ["deploys"],
      expiresAt: T0 * 2,
    };
    await flow.memory.createDigestIfAbsent(digest);
    for (const key of digest.members)
      await flow.open({ ...key, targets: ["deploys"], digestId: "d-1", traceparent: TRACEPARENT });
    flow.observation = jobIn("failed");
    await flow.poll(1);
    flow.clock.now += 2 * MINUTE_MS;
    expect(await flow.sweep()).toMatchObject({ notifications: 0, failed: 0 });
    const [{ dueAt } = { dueAt: 0 }] = await flow.memory.listOverdueWatches(T0 * 2, 1);
    expect(dueAt).toBe(flow.clock.now + 4 * MINUTE_MS);
    for (const key of others) await flow.memory.stopWatch(key, flow.clock.now, T0 * 2);
    await flow.open({ jobId: "job-3", targets: ["deploys"] });
    flow.clock.now += 6 * MINUTE_MS;
    expect(await flow.sweep()).toMatchObject({ notifications: 1 });
    expect(bodiesOf(flow.notifyQueue)).toMatchObject([
      { kind: "digest", digestId: "d-1", target: "deploys", traceparent: TRACEPARENT },
    ]);
  });

  it("sends an unclaimed digest once per run, for any number of ended jobs", async () => {
    const flow = createFlow();
    const members = ["job-1", "job-2", "job-3"].map((jobId) => ({ ...KEY, jobId, generation: 0 }));
    await flow.memory.createDigestIfAbsent({
      digestId: "d-1",
      caller: KEY.caller,
      members,
      targets: ["deploys", "alarms"],
      expiresAt: T0 * 2,
    });
    flow.observation = jobIn("failed");
    for (const { jobId } of members) {
      await flow.open({ jobId, targets: ["deploys", "alarms"], digestId: "d-1" });
      await flow.poll(1, "m-1", flow.pollQueue, jobId);
    }
    for (const minutes of [2, 6]) {
      flow.notifyQueue.purge();
      flow.clock.now += minutes * MINUTE_MS;
      expect(await flow.sweep()).toMatchObject({ notifications: 2 });
      expect(bodiesOf(flow.notifyQueue)).toMatchObject([{ target: "alarms" }, { target: "deploys" }]);
    }
    expect([await flow.notify(), await flow.notify()]).toEqual(["acknowledged", "acknowledged"]);
    flow.clock.now += 6 * MINUTE_MS;
    expect(await flow.sweep()).toMatchObject({ notifications: 0 });
    expect(await flow.memory.listOverdueWatches(T0 * 2, 10)).toEqual([]);
  });

  /** Opens a watch in a digest and polls its failed job. */
  async function endedInDigest(digestTargets: string[], members: readonly string[], targets: string[]) {
    const flow = createFlow();
    await flow.memory.createDigestIfAbsent({
      digestId: "d-1",
      caller: KEY.caller,
      members: members.map((jobId) => ({ ...KEY, jobId, generation: 0 })),
      targets: digestTargets,
      expiresAt: T0 * 2,
    });
    await flow.open({ targets, digestId: "d-1" });
    flow.observation = jobIn("failed");
    await flow.poll(1);
    flow.clock.now += 6 * MINUTE_MS;
    return flow;
  }

  it("sends the digest if the ledger has deleted the watches that still ran", async () => {
    const flow = await endedInDigest(["deploys"], ["job-1", "job-2"], ["deploys"]);
    expect(await flow.sweep()).toMatchObject({ notifications: 1, failed: 0 });
    expect(bodiesOf(flow.notifyQueue)).toMatchObject([{ kind: "digest", target: "deploys" }]);
  });

  it("does not wait for the other jobs of a digest that has no target for the outcome", async () => {
    const flow = await endedInDigest(["alarms"], ["job-1", "job-2"], ["alarms", "audit"]);
    await flow.open({ jobId: "job-2", targets: ["alarms"], digestId: "d-1" });
    const { alarms } = flow.config.targets;
    if (alarms !== undefined) alarms.on = ["succeeded"];
    while ((await flow.notify()) !== "nothing");
    expect(await flow.sweep()).toMatchObject({ notifications: 0, failed: 0 });
    expect(await flow.memory.listOverdueWatches(T0 * 2, 10)).toMatchObject([{ jobId: "job-2" }]);
  });

  it("sends the other notifications of a watch whose digest the ledger has deleted", async () => {
    const flow = createFlow();
    await flow.open({ targets: ["audit", "deploys"], digestId: "d-1" });
    flow.observation = jobIn("failed");
    await flow.poll(1);
    flow.notifyQueue.purge();
    flow.clock.now += 6 * MINUTE_MS;
    expect(await flow.sweep()).toMatchObject({ notifications: 2, failed: 0 });
    expect(bodiesOf(flow.notifyQueue)).toMatchObject([
      { kind: "notification", target: "audit" },
      { kind: "notification", target: "deploys" },
    ]);
  });

  it("sends the digest at the next run when a send fails", async () => {
    const flow = createFlow();
    const members = ["job-1", "job-2"].map((jobId) => ({ ...KEY, jobId, generation: 0 }));
    await flow.memory.createDigestIfAbsent({
      digestId: "d-1",
      caller: KEY.caller,
      members,
      targets: ["deploys"],
      expiresAt: T0 * 2,
    });
    flow.observation = jobIn("failed");
    for (const { jobId } of members) {
      await flow.open({ jobId, targets: ["deploys"], digestId: "d-1" });
      await flow.poll(1, "m-1", flow.pollQueue, jobId);
    }
    flow.notifyQueue.purge();
    const { send } = flow.notifyQueue;
    flow.notifyQueue.send = async (messages) => {
      flow.notifyQueue.send = send;
      return messages.map(({ id }) => ({ id, kind: "failed", reason: "timed out" }));
    };
    flow.clock.now += 2 * MINUTE_MS;
    expect(await flow.sweep()).toMatchObject({ failed: 1 });
    flow.clock.now += 6 * MINUTE_MS;
    expect(await flow.sweep()).toMatchObject({ failed: 0 });
    expect(bodiesOf(flow.notifyQueue)).toMatchObject([{ kind: "digest", target: "deploys" }]);
  });
});

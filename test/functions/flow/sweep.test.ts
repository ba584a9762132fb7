import { LOOK_LEASE_MS } from "../../../functions/flow/look.ts";
import { T0 } from "../../simulation/setup.ts";
import { bodiesOf, flows, jobIn, KEY } from "./flow-harness.ts";

const MINUTE_MS = 60_000;

describe("the sweep", () => {
  it("sends again the look of every watch after a purge of the poll queue, once", async () => {
    const flow = flows();
    const jobIds = ["job-1", "job-2", "job-3"];
    for (const jobId of jobIds) await flow.open({ jobId });
    flow.polls.purge();
    flow.clock.now += MINUTE_MS;
    expect(await flow.sweep()).toEqual({ looks: 3, notices: 0, failed: 0, finished: true });
    expect(await flow.sweep()).toMatchObject({ looks: 0 });
    expect(bodiesOf(flow.polls)).toMatchObject(jobIds.map((jobId) => ({ jobId, look: 1 })));
  });

  it("sends the look that is due: the next one when one is done, else that one again", async () => {
    const flow = flows();
    await flow.open();
    await flow.look(1);
    flow.polls.purge();
    flow.clock.now += 20 * MINUTE_MS;
    await flow.sweep();
    expect(bodiesOf(flow.polls)).toMatchObject([{ look: 2 }]);
    flow.clock.now += 6 * MINUTE_MS;
    await flow.memory.claimLook({
      key: KEY,
      look: 2,
      messageId: "m",
      now: flow.clock.now,
      leaseMs: LOOK_LEASE_MS,
    });
    flow.polls.purge();
    await flow.sweep();
    expect(bodiesOf(flow.polls)).toMatchObject([{ look: 2 }]);
    flow.clock.now += LOOK_LEASE_MS;
    expect(flow.polls.receive(1)).toEqual([]);
    flow.clock.now += 1_000;
    expect(flow.polls.receive(1)).toHaveLength(1);
    expect(await flow.look(2, "n")).toBe("acknowledged");
    expect(flow.seen.looked.at(-1)).toMatchObject({ look: 2, what: "job" });
  });

  it("sends again a notice that never came, and lets a watch go when all of its notices have ended", async () => {
    const flow = flows();
    await flow.open();
    flow.observation = jobIn("failed");
    await flow.look(1);
    flow.notices.purge();
    flow.clock.now += 2 * MINUTE_MS;
    expect(await flow.sweep()).toMatchObject({ notices: 1 });
    expect(await flow.tell()).toBe("acknowledged");
    flow.clock.now += 10 * MINUTE_MS;
    expect(await flow.sweep()).toMatchObject({ notices: 0 });
    expect(await flow.memory.overdue(T0 * 2, 10)).toEqual([]);
  });

  it("finds a redelivery that was lost, also to a target that does not ask for this outcome", async () => {
    const flow = flows();
    const { audit } = flow.config.targets;
    if (audit !== undefined) audit.on = ["succeeded"];
    await flow.open();
    flow.observation = jobIn("failed");
    await flow.look(1);
    flow.clock.now += 2 * MINUTE_MS;
    expect(await flow.sweep()).toMatchObject({ notices: 0 });
    await flow.memory.revisit(KEY, flow.clock.now);
    await flow.memory.reopenNotice({ ...KEY, target: "audit" }, T0 * 2);
    flow.clock.now += MINUTE_MS;
    expect(await flow.sweep()).toMatchObject({ notices: 1 });
    expect(bodiesOf(flow.notices)).toMatchObject([{ target: "audit", redelivery: 1 }]);
  });

  it("leaves a notice alone that waits twelve hours for its next attempt", async () => {
    const flow = flows({ settings: { retry: { scheduleSeconds: [0, 43_200] } } });
    await flow.open();
    flow.observation = jobIn("failed");
    await flow.look(1);
    flow.attempted = { ...flow.attempted, verdict: "retry", status: 503, reason: "server_error" };
    expect(await flow.tell()).toBe("kept");
    for (let hour = 0; hour < 11; hour += 1) {
      flow.clock.now += 60 * MINUTE_MS;
      expect(await flow.sweep()).toMatchObject({ notices: 0 });
    }
  });

  it("leaves a stopped watch alone", async () => {
    const flow = flows();
    await flow.open();
    await flow.memory.stop(KEY, flow.clock.now, T0 * 2);
    flow.clock.now += 10 * MINUTE_MS;
    expect(await flow.sweep()).toEqual({ looks: 0, notices: 0, failed: 0, finished: true });
  });

  it("stops in time, and the next one goes on where it stopped", async () => {
    const flow = flows();
    for (let i = 0; i < 25; i += 1) await flow.open({ jobId: `job-${i}` });
    flow.clock.now += MINUTE_MS;
    let asked = 0;
    const once = () => {
      asked += 1;
      return asked > 1 ? 9_000 : 50_000;
    };
    expect(await flow.sweep(once)).toMatchObject({ looks: 10, finished: false });
    expect(await flow.sweep()).toMatchObject({ looks: 15, finished: true });
    expect(new Set(bodiesOf(flow.polls).map((body) => (body as { jobId: string }).jobId)).size).toBe(25);
  });

  it("counts what failed, and leaves it where the next one finds it", async () => {
    const flow = flows({ ledger: { reschedule: () => Promise.reject(new Error("throttled")) } });
    await flow.open();
    flow.clock.now += MINUTE_MS;
    expect(await flow.sweep()).toMatchObject({ failed: 1, finished: false });
    expect(await flow.memory.overdue(flow.clock.now, 10)).toHaveLength(1);
  });

  it("tells the fallback target for a day that another one is gone", async () => {
    const flow = flows({ settings: { fallbackTarget: "ops" } });
    await flow.memory.switchOff("audit", flow.clock.now);
    await flow.sweep();
    expect(bodiesOf(flow.notices)).toMatchObject([{ kind: "target_gone", gone: "audit", target: "ops" }]);
    flow.notices.purge();
    flow.clock.now += 25 * 60 * MINUTE_MS;
    await flow.sweep();
    expect(bodiesOf(flow.notices)).toEqual([]);
  });
});

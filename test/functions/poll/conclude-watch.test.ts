import { Settings } from "../../../lib/config/settings.ts";
import { T0 } from "../../simulation/draw-inputs.ts";
import { bodiesOf, createFlow, jobIn, KEY } from "../steps-harness.ts";

describe("the conclusion of a watch", () => {
  it("notifies targets that were added while the watch ends", async () => {
    let calls = 0;
    const flow = createFlow({
      ledger: {
        async endWatch(ending) {
          calls += 1;
          if (calls === 1) await flow.open({ targets: ["ops"] });
          return flow.memory.endWatch(ending);
        },
      },
    });
    await flow.open();
    flow.observation = jobIn("failed");
    await flow.poll(1);
    expect(calls).toBe(2);
    expect(bodiesOf(flow.notifyQueue)).toMatchObject([{ target: "audit" }, { target: "ops" }]);
    expect((await flow.memory.readWatch(KEY))?.watch.targets).toEqual(["audit", "ops"]);
  });

  it("sends the same outcome again after a crash", async () => {
    let crash = true;
    const flow = createFlow({
      ledger: {
        endWatch: (ending) => (crash ? Promise.reject(new Error("crash")) : flow.memory.endWatch(ending)),
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
      const outcome = await flow.memory.readOutcome({ ...KEY, generation: 0 });
      expect(outcome?.summary).toMatchObject({ listUrl, jobPageUrl: expect.stringContaining("?key=") });
    },
  );

  it("notifies nobody when the watch was stopped at the same time", async () => {
    const flow = createFlow({
      ledger: {
        async readWatch(key) {
          await flow.memory.stopWatch(key, flow.clock.now, flow.clock.now * 2);
          return flow.memory.readWatch(key);
        },
      },
    });
    await flow.open();
    flow.observation = jobIn("failed");
    expect(await flow.poll(1)).toBe("acknowledged");
    expect(bodiesOf(flow.notifyQueue)).toEqual([]);
    expect(await flow.memory.readOutcome({ ...KEY, generation: 0 })).toBeNull();
  });

  it("does not time out when the caller moves the deadline during the poll, and repeats the poll", async () => {
    const flow: ReturnType<typeof createFlow> = createFlow({
      ledger: {
        async readWatch(key) {
          await flow.open({ deadlineAt: T0 + 3_600_000 });
          return flow.memory.readWatch(key);
        },
      },
    });
    await flow.open({ deadlineAt: T0 });
    await expect(flow.poll(1)).rejects.toThrow("the deadline of this watch has moved");
    expect(bodiesOf(flow.notifyQueue)).toEqual([]);
    expect(await flow.memory.readOutcome({ ...KEY, generation: 0 })).toBeNull();
    expect(await flow.poll(1)).toBe("acknowledged");
    expect((await flow.memory.readWatch(KEY))?.watch.state).toBe("watching");
  });

  it("stores a new outcome for a restarted watch whose previous generation had an outcome", async () => {
    const flow = createFlow();
    await flow.open({ deadlineAt: T0 });
    await flow.poll(1);
    const before = flow.recorded.concluded[0];
    if (before === undefined) throw new Error("nothing was concluded");
    const again = createFlow();
    await again.open();
    await again.memory.saveOutcomeOnce(
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
    await flow.memory.createDigest(digest);
    await flow.open({ targets: ["audit", "deploys", "alarms"], digestId: "d-1" });
    flow.observation = jobIn("failed");
    await flow.poll(1);
    const own = [{ target: "alarms" }, { target: "audit" }];
    expect(bodiesOf(flow.notifyQueue)).toMatchObject(own);
    expect(await flow.memory.removeRunningMemberAndCount("d-1", { ...KEY, jobId: "job-2" })).toBe(0);
  });

  it("gives the digest message the trace context of its watches", async () => {
    const flow = createFlow();
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const [members, targets] = [[{ ...KEY, generation: 0 }], ["deploys"]];
    const digest = { digestId: "d-1", caller: KEY.caller, members, targets, expiresAt: T0 * 2 };
    await flow.memory.createDigest(digest);
    await flow.open({ targets, digestId: "d-1", traceparent });
    flow.observation = jobIn("failed");
    await flow.poll(1);
    expect(bodiesOf(flow.notifyQueue)).toEqual([
      expect.objectContaining({ kind: "digest", target: "deploys", traceparent }),
    ]);
  });
});

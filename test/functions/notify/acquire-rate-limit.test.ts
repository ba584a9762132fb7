import { createFlow, jobIn, KEY } from "../steps-harness.ts";

describe("the first wait of the retry schedule", () => {
  it("delays the first attempt of a notification once", async () => {
    const flow = createFlow({ settings: { retry: { scheduleSeconds: [60, 5] } } });
    await flow.open();
    flow.observation = jobIn("failed");
    await flow.poll(1);
    expect(await flow.notify()).toBe("retry");
    expect(flow.recorded.posts).toEqual([]);
    const record = await flow.memory.readDelivery({
      ...KEY,
      generation: 0,
      event: "job.failed",
      target: "audit",
    });
    expect(record).toMatchObject({ attempts: 0, nextAttemptAt: flow.clock.now + 60_000 });
    flow.clock.now += 60_000;
    expect(await flow.notify()).toBe("acknowledged");
    expect(flow.recorded.posts).toHaveLength(1);
  });

  it("does not delay a notification without a target", async () => {
    const flow = createFlow({ settings: { retry: { scheduleSeconds: [60, 5] } } });
    await flow.open({ targets: ["nobody"] });
    flow.observation = jobIn("failed");
    await flow.poll(1);
    expect(await flow.notify()).toBe("acknowledged");
    expect(flow.deadLetterQueue.state.messages).toMatchObject([{ attributes: { detail: "target_unknown" } }]);
  });
});

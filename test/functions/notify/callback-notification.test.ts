import { encrypt } from "../../../lib/auth/encryption.ts";
import { CALLBACK_PREFIX } from "../../../lib/channels/webhook/target.ts";
import { Secret } from "../../../lib/domain/secret.ts";
import { createFlow, DELIVERED, jobIn, KEY } from "../steps-harness.ts";

const GONE = { ...DELIVERED, verdict: "gone", status: 410, reason: "target_gone" } as const;
const DAY_MS = 86_400_000;
const LINK_KEY = "5r8t2y6u1i9o3p7a4s0d8f2g6h1j5k9l";
const TARGET = `${CALLBACK_PREFIX}0123456789abcdef`;
const ENCRYPTED = encrypt("https://ci.example/done-1234", new Secret(LINK_KEY), TARGET);

async function ended(flow: ReturnType<typeof createFlow>, jobId: string) {
  await flow.open({ jobId, targets: [TARGET], callbacks: { [TARGET]: ENCRYPTED } });
  flow.observation = jobIn("failed");
  await flow.poll(1, "m-1", flow.pollQueue, jobId);
  return () =>
    flow.memory.readDeliveryOrPendingRecord({
      ...KEY,
      jobId,
      generation: 0,
      event: "job.failed",
      target: TARGET,
    });
}

describe("a callback whose receiver is gone", () => {
  it("ends only the notification of one watch, and the next job with the same URL is notified", async () => {
    const flow = createFlow({ settings: { linkKeys: [LINK_KEY] } });
    const first = await ended(flow, "job-1");
    flow.attempted = GONE;
    expect(await flow.notify()).toBe("retry");
    expect(await first()).toMatchObject({ state: "pending", attempts: 0 });
    flow.clock.now += 60_000;
    expect(await flow.notify()).toBe("acknowledged");
    expect(await first()).toMatchObject({ state: "gone", deadLettered: true });
    const attributes = { reason: "gone", detail: "target_gone", target: TARGET };
    expect(flow.deadLetterQueue.state.messages).toMatchObject([{ attributes }]);
    expect((await flow.memory.readTargetState(TARGET)).offSince).toBeNull();

    flow.clock.now += 20 * DAY_MS;
    const second = await ended(flow, "job-2");
    flow.attempted = DELIVERED;
    expect(await flow.notify()).toBe("acknowledged");
    expect(await second()).toMatchObject({ state: "delivered", attempts: 1 });
  });

  it("gets a mask that hides its URL and the secrets of the config in its responses", async () => {
    const flow = createFlow({ settings: { linkKeys: [LINK_KEY] } });
    await ended(flow, "job-1");
    await flow.notify();
    const { url } = flow.config.targets.audit ?? {};
    expect(flow.mask(`no https://ci.example/done-1234 and no ${url?.reveal()}`)).toBe(
      "no <secret> and no <secret>",
    );
  });

  it("does not confirm the response to the notification of another watch with the same URL", async () => {
    const flow = createFlow({ settings: { linkKeys: [LINK_KEY] } });
    flow.attempted = GONE;
    await ended(flow, "job-1");
    await flow.notify();
    flow.clock.now += 60_000;
    await flow.notify();
    const second = await ended(flow, "job-2");
    expect(await flow.notify()).toBe("retry");
    expect(await second()).toMatchObject({ state: "pending" });
  });
});

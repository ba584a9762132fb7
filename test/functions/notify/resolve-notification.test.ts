import { parseWholeConfig } from "../../../lib/config/parse-whole-config.ts";
import type { Outcome } from "../../../lib/domain/job.ts";
import { TARGETS } from "../../simulation/draw-inputs.ts";
import { bodiesOf, createFlow, DELIVERED, jobIn, KEY } from "../steps-harness.ts";

const MINUTE_MS = 60_000;
const AUDIT = { ...KEY, generation: 0, event: "job.failed", target: "audit" };

/**
 * A failed watch. The poll function had an older config than the notify function and sent a notification to `audit`.
 */
async function ended() {
  const flow = createFlow();
  await flow.open();
  flow.observation = jobIn("failed");
  await flow.poll(1);
  const { audit } = flow.config.targets;
  if (audit === undefined) throw new Error("the config has no such target");
  return { flow, audit };
}

/** The refreshed config, in which the target `audit` has this `on` filter. */
function configWithFilter(on: readonly Outcome[]) {
  const targets = { ...TARGETS, audit: { ...TARGETS.audit, on } };
  const parsed = parseWholeConfig({ projects: {}, targets });
  if (parsed.kind === "faults") throw new Error(parsed.faults.join("; "));
  return parsed.config;
}

describe("a notification whose target excludes the outcome", () => {
  it("is not delivered, and the sweep does not send it again", async () => {
    const { flow, audit } = await ended();
    audit.on = ["succeeded"];
    expect(await flow.notify()).toBe("acknowledged");
    expect(flow.recorded.posts).toEqual([]);
    expect(bodiesOf(flow.deadLetterQueue)).toEqual([]);
    expect(await flow.memory.readDelivery(AUDIT)).toMatchObject({ attempts: 0, history: [] });
    flow.clock.now += 2 * MINUTE_MS;
    expect(await flow.sweep()).toMatchObject({ notifications: 0 });
    expect(await flow.memory.listOverdue(flow.clock.now * 2, 10)).toEqual([]);
  });

  it("is delivered when a caller asked for a redelivery", async () => {
    const { flow, audit } = await ended();
    audit.on = ["succeeded"];
    await flow.notify();
    await flow.memory.scheduleSweepBy({ ...KEY, generation: 0 }, flow.clock.now, null);
    await flow.memory.startRedelivery(AUDIT, 0, flow.clock.now * 2);
    flow.clock.now += 2 * MINUTE_MS;
    await flow.sweep();
    expect(await flow.notify()).toBe("acknowledged");
    expect(await flow.memory.readDelivery(AUDIT)).toMatchObject({ state: "delivered", redelivery: 1 });
  });

  it("is delivered when it has been attempted before", async () => {
    const { flow, audit } = await ended();
    flow.attempted = { ...DELIVERED, verdict: "retry", status: 503, reason: "server_error" };
    await flow.notify();
    audit.on = ["succeeded"];
    flow.attempted = DELIVERED;
    flow.clock.now += MINUTE_MS;
    expect(await flow.notify()).toBe("acknowledged");
    expect(await flow.memory.readDelivery(AUDIT)).toMatchObject({ state: "delivered", attempts: 2 });
  });

  it("is delivered when the refreshed config includes the outcome", async () => {
    const { flow, audit } = await ended();
    audit.on = ["succeeded"];
    flow.refreshedConfig = configWithFilter(["succeeded", "failed"]);
    expect(await flow.notify()).toBe("acknowledged");
    expect(flow.recorded.posts).toHaveLength(1);
  });
});

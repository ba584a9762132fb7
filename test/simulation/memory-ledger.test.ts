import { LEASE_MS, newWatch, T0 } from "../lib/ledger/samples.ts";
import { createMemoryLedger } from "./memory-ledger.ts";
import { createMemoryQueue } from "./memory-queue.ts";

describe("the simulation's state", () => {
  it("survives JSON: a ledger goes on where another stood", async () => {
    const before = createMemoryLedger();
    const watch = newWatch();
    await before.openWatch(watch);
    const after = createMemoryLedger(JSON.parse(JSON.stringify(before.state)));
    expect(after.state).toEqual(before.state);
    const claim = { key: watch, poll: 1, messageId: "m-1", now: T0, leaseMs: LEASE_MS };
    expect(await after.claimPoll(claim)).toMatchObject({ kind: "claimed" });
    expect((await before.readWatch(watch))?.watch.poll).toBe(0);
  });

  it("has taken effect when a call returns, not when its promise is awaited", () => {
    const ledger = createMemoryLedger();
    const watch = newWatch();
    const opening = ledger.openWatch(watch);
    expect(Object.keys(ledger.state.watches)).toHaveLength(1);
    return opening;
  });

  it("makes a queue's order and names depend on nothing but its calls", async () => {
    const run = async () => {
      const queue = createMemoryQueue({ name: "poll", now: () => T0, visibilitySeconds: 30 });
      await queue.send(["a", "b"].map((id) => ({ id, body: id, delaySeconds: 0 })));
      return JSON.stringify([queue.receive(10), queue.state]);
    };
    expect(await run()).toBe(await run());
  });
});

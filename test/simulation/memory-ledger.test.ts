import { LEASE_MS, newWatch, T0 } from "../lib/ledger/samples.ts";
import { createMemoryLedger } from "./memory-ledger.ts";
import { createMemoryQueue } from "./memory-queue.ts";

describe("the state of the simulation", () => {
  it("continues in another ledger after a round trip through JSON", async () => {
    const before = createMemoryLedger();
    const watch = newWatch();
    await before.startOrExtendWatch(watch);
    const after = createMemoryLedger(JSON.parse(JSON.stringify(before.state)));
    expect(after.state).toEqual(before.state);
    const claim = { key: watch, poll: 1, messageId: "m-1", now: T0, leaseMs: LEASE_MS };
    expect(await after.claimPoll(claim)).toMatchObject({ kind: "claimed" });
    expect((await before.readWatchDocumentOrNull(watch))?.watch.poll).toBe(0);
  });

  it("changes before a call returns its promise", () => {
    const ledger = createMemoryLedger();
    const watch = newWatch();
    const opening = ledger.startOrExtendWatch(watch);
    expect(Object.keys(ledger.state.watches)).toHaveLength(1);
    return opening;
  });

  it("depends only on the calls of a queue", async () => {
    const run = async () => {
      const queue = createMemoryQueue({ name: "poll", now: () => T0, visibilitySeconds: 30 });
      await queue.send(["a", "b"].map((id) => ({ id, body: id, delaySeconds: 0 })));
      return JSON.stringify([queue.receive(10), queue.state]);
    };
    expect(await run()).toBe(await run());
  });
});

import { createSqliteQueue } from "../../../server/queue/sqlite-queue.ts";
import type { Store } from "../../../server/store/store.ts";
import { describeQueue } from "../../lib/queue/conformance.ts";
import { openTestStore } from "../open-test-store.ts";

const stores: Store[] = [];
afterAll(() => {
  for (const store of stores) store.close();
});

describeQueue("on SQLite", async () => {
  let now = 1_800_000_000_000;
  const store = openTestStore();
  stores.push(store);
  const clock = { now: () => now, visibilityMs: 1000 };
  const redrive = { maxReceiveCount: 2, to: "pollDead" } as const;
  const dead = createSqliteQueue(store, { ...clock, name: "pollDead" });
  const queue = createSqliteQueue(store, { ...clock, name: "poll", redrive });
  return {
    queue,
    now: clock.now,
    receive: queue.receive,
    receiveDead: dead.receive,
    remove: queue.remove,
    async pass(ms) {
      now += ms;
    },
  };
});

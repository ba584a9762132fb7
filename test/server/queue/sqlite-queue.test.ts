import { jest } from "@jest/globals";
import { createSqliteQueue } from "../../../server/queue/sqlite-queue.ts";
import type { Store } from "../../../server/store/store.ts";
import { describeQueue } from "../../lib/queue/conformance.ts";
import { explainQueries } from "../explain-queries.ts";
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

test("the visibility of a message cannot be changed after its visibility timeout", async () => {
  const store = openTestStore();
  stores.push(store);
  let now = 1_800_000_000_000;
  const queue = createSqliteQueue(store, { name: "poll", now: () => now, visibilityMs: 1000 });
  await queue.send([{ id: "a", body: "a", delaySeconds: 0 }]);
  const [message] = await queue.receive(1);
  now += 1000;
  await expect(queue.changeVisibility(message?.receiptHandle ?? "", 60)).rejects.toThrow("not in flight");
  expect(await queue.receive(1)).toHaveLength(1);
});

describe("a receive of a queue on SQLite", () => {
  it("reads no message behind those that it delivers, so that a long queue does not make it slower", async () => {
    const store = openTestStore();
    stores.push(store);
    let now = 1_800_000_000_000;
    const redrive = { maxReceiveCount: 1, to: "pollDead" } as const;
    const queue = createSqliteQueue(store, { name: "poll", now: () => now, visibilityMs: 1000, redrive });
    const send = (id: string) => queue.send([{ id, body: id, delaySeconds: 0 }]);
    const readQueue = (id: string) => store.get("SELECT queue FROM message WHERE body = ?", id)?.queue;
    await send("received before");
    await queue.receive(1);
    await send("new");
    now += 2000;
    expect(await queue.receive(1)).toMatchObject([{ body: "new" }]);
    expect(readQueue("received before")).toBe("poll");
    expect(await queue.receive(1)).toEqual([]);
    expect(readQueue("received before")).toBe("pollDead");
  });
});

test("the queue reports when a new or postponed message becomes visible, and nothing after a failure", async () => {
  const store = openTestStore();
  const onChange = jest.fn();
  const now = 1_800_000_000_000;
  const queue = createSqliteQueue(store, { name: "poll", now: () => now, visibilityMs: 1000, onChange });
  await queue.send([
    { id: "a", body: "a", delaySeconds: 20 },
    { id: "b", body: "b", delaySeconds: 0 },
  ]);
  const [message] = await queue.receive(10);
  await queue.changeVisibility(message?.receiptHandle ?? "", 7);
  await expect(queue.changeVisibility("unknown/1", 1)).rejects.toThrow("not in flight");
  store.close();
  expect(await queue.send([{ id: "c", body: "c", delaySeconds: 0 }])).toMatchObject([{ kind: "failed" }]);
  expect(onChange.mock.calls).toEqual([[now], [now + 7000]]);
});

test("no query of a queue reads all messages or sorts them", async () => {
  const store = openTestStore();
  stores.push(store);
  const queue = createSqliteQueue(store, { name: "poll", now: () => 1_800_000_000_000, visibilityMs: 1000 });
  await queue.send([{ id: "a", body: "a", delaySeconds: 0 }]);
  const plans = await explainQueries(store, async () => {
    const [message] = await queue.receive(1);
    await queue.nextVisibleAt();
    await queue.changeVisibility(message?.receiptHandle ?? "", 7);
    await queue.remove(message?.receiptHandle ?? "");
  });
  expect(plans.length).toBeGreaterThan(4);
  for (const plan of plans) expect(plan).toMatch(/^(SEARCH .*)?$/);
});

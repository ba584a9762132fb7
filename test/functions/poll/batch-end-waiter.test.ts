import { createBatchEndWaiter } from "../../../functions/poll/batch-end-waiter.ts";

test("a poll that must run alone starts after all other polls of the batch are done", async () => {
  const order = createBatchEndWaiter(3);
  const started: boolean[] = [];
  const waiting = order.waitUntilAlone().then((mayRun) => started.push(mayRun));
  order.done();
  await Promise.resolve();
  expect(started).toEqual([]);
  order.done();
  await waiting;
  expect(started).toEqual([true]);
});

test("only one poll of a batch may run alone", async () => {
  const order = createBatchEndWaiter(2);
  const first = order.waitUntilAlone();
  expect(await order.waitUntilAlone()).toBe(false);
  order.done();
  expect(await first).toBe(true);
});

test("the only poll of a batch runs at once", async () => {
  expect(await createBatchEndWaiter(1).waitUntilAlone()).toBe(true);
});

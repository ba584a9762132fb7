import { coalesceSends } from "../../../lib/queue/coalesce-sends.ts";
import type { OutgoingMessage, SendResult } from "../../../lib/queue/queue.ts";

const message = (id: string): OutgoingMessage => ({ id, body: id, delaySeconds: 0 });

function setUp() {
  const calls: string[][] = [];
  const queue = {
    send: async (messages: readonly OutgoingMessage[]): Promise<readonly SendResult[]> => {
      calls.push(messages.map(({ id }) => id));
      return messages.map(({ id }) =>
        id.startsWith("bad") ? { id, kind: "failed", reason: "no" } : { id, kind: "sent" },
      );
    },
  };
  return { calls, queue };
}

it("sends the messages of all records in one request and returns the results of a record to the record", async () => {
  const { calls, queue } = setUp();
  const sender = coalesceSends(queue, 3);
  const results = await Promise.all([
    sender.send([message("a")]),
    sender.send([message("bad"), message("b")]),
    sender.send([message("c")]),
  ]);
  expect(calls).toEqual([["a", "bad", "b", "c"]]);
  expect(results.map((own) => own.map(({ id, kind }) => `${id} ${kind}`))).toEqual([
    ["a sent"],
    ["bad failed", "b sent"],
    ["c sent"],
  ]);
});

it("does not wait for a record that is done", async () => {
  const { calls, queue } = setUp();
  const sender = coalesceSends(queue, 2);
  const sent = sender.send([message("a")]);
  sender.done();
  await sent;
  expect(calls).toEqual([["a"]]);
});

it("does not wait long for a slow record", async () => {
  const { calls, queue } = setUp();
  const sender = coalesceSends(queue, 10);
  await sender.send([message("a")]);
  await sender.send([message("b")]);
  expect(calls).toEqual([["a"], ["b"]]);
});

it("rejects all sends when the queue throws", async () => {
  const sender = coalesceSends({ send: () => Promise.reject(new Error("down")) }, 2);
  const both = await Promise.allSettled([sender.send([message("a")]), sender.send([message("b")])]);
  expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
});

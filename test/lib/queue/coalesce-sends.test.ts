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

test("sends of all records at work go out as one, and each gets its own results back", async () => {
  const { calls, queue } = setUp();
  const gathering = coalesceSends(queue, 3);
  const results = await Promise.all([
    gathering.send([message("a")]),
    gathering.send([message("bad"), message("b")]),
    gathering.send([message("c")]),
  ]);
  expect(calls).toEqual([["a", "bad", "b", "c"]]);
  expect(results.map((own) => own.map(({ id, kind }) => `${id} ${kind}`))).toEqual([
    ["a sent"],
    ["bad failed", "b sent"],
    ["c sent"],
  ]);
});

test("a record that leaves without sending is not waited for", async () => {
  const { calls, queue } = setUp();
  const gathering = coalesceSends(queue, 2);
  const sent = gathering.send([message("a")]);
  gathering.done();
  await sent;
  expect(calls).toEqual([["a"]]);
});

test("a slow neighbour holds nobody up for long", async () => {
  const { calls, queue } = setUp();
  const gathering = coalesceSends(queue, 10);
  await gathering.send([message("a")]);
  await gathering.send([message("b")]);
  expect(calls).toEqual([["a"], ["b"]]);
});

test("a queue that throws fails every send that was gathered", async () => {
  const gathering = coalesceSends({ send: () => Promise.reject(new Error("down")) }, 2);
  const both = await Promise.allSettled([gathering.send([message("a")]), gathering.send([message("b")])]);
  expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
});

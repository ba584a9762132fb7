import {
  deadLetterMessage,
  readMessage,
  type UnreadableReason,
} from "../../../functions/shared/read-message.ts";
import { NotifyMessage, PollMessage } from "../../../lib/queue/messages.ts";
import type { ReceivedMessage } from "../../../lib/runtime/sqs-handler.ts";
import { DIGEST_V1, NOTIFICATION_V1, POLL_V1, TARGET_GONE_V1 } from "../../lib/queue/messages-v1.ts";
import { createMemoryQueue } from "../../simulation/memory-queue.ts";

function queues() {
  const clock = { now: 0 };
  const queueNamed = (name: string) =>
    createMemoryQueue({ name, now: () => clock.now, visibilitySeconds: 180 });
  const [queue, deadLetterQueue] = [queueNamed("poll"), queueNamed("dead")];
  const unreadable: [UnreadableReason, string][] = [];
  const ports = {
    queue,
    deadLetterQueue,
    onUnreadable: (reason: UnreadableReason, detail: string) => unreadable.push([reason, detail]),
  };
  async function received(body: string): Promise<ReceivedMessage> {
    await queue.send([{ id: "1", body, delaySeconds: 0 }]);
    const [message] = queue.receive(1);
    if (message === undefined) throw new Error("the queue returned no message");
    return { ...message, remainingMs: () => 28_000 };
  }
  return { clock, queue, deadLetterQueue, unreadable, ports, received };
}

it("parses a message of the poll queue", async () => {
  const { ports, received } = queues();
  const read = await readMessage(PollMessage, await received(POLL_V1), ports);
  expect(read).toEqual({ kind: "message", message: JSON.parse(POLL_V1) });
});

it.each([NOTIFICATION_V1, DIGEST_V1, TARGET_GONE_V1])(
  "parses a message of the notify queue: %s",
  async (body) => {
    const { ports, received, deadLetterQueue, unreadable } = queues();
    const read = await readMessage(NotifyMessage, await received(body), ports);
    expect(read).toEqual({ kind: "message", message: JSON.parse(body) });
    expect([deadLetterQueue.state.messages, unreadable]).toEqual([[], []]);
  },
);

it("hides a message of a newer version for 15 minutes", async () => {
  const { ports, received, clock, queue, deadLetterQueue, unreadable } = queues();
  const message = await received('{"v":2,"kind":"glance","at":"something else"}');
  expect(await readMessage(PollMessage, message, ports)).toEqual({
    kind: "unreadable",
    disposition: "retry",
  });
  expect(deadLetterQueue.state.messages).toEqual([]);
  expect(unreadable).toEqual([["newer", "version 2"]]);
  clock.now = 899_000;
  expect(queue.receive(1)).toEqual([]);
  clock.now = 900_000;
  expect(queue.receive(1)).toHaveLength(1);
});

it.each(["", "hello", "[]", "{}", '{"v":1,"kind":"poll"}', '{"v":"1","kind":"poll"}', '{"v":0}'])(
  "sends a malformed message to the dead-letter queue with the reason: %j",
  async (body) => {
    const { ports, received, deadLetterQueue, unreadable } = queues();
    expect(await readMessage(PollMessage, await received(body), ports)).toEqual({
      kind: "unreadable",
      disposition: "acknowledged",
    });
    expect(deadLetterQueue.state.messages).toMatchObject([{ body, attributes: { reason: "malformed" } }]);
    expect(unreadable.map(([reason]) => reason)).toEqual(["malformed"]);
  },
);

it.each(["x", "ü", "😀"])(
  "truncates a malformed message of 1 MiB of '%s', so that the message and the reason are below every limit of SQS",
  async (character) => {
    const { ports, received, deadLetterQueue } = queues();
    const body = character.repeat(1_048_576 / Buffer.byteLength(character));
    const read = await readMessage(PollMessage, await received(body), ports);
    expect(read).toEqual({ kind: "unreadable", disposition: "acknowledged" });
    const [letter] = deadLetterQueue.state.messages;
    const attributes = { reason: "malformed", detail: "the body is not JSON", bodyBytes: "1048576" };
    expect(letter?.attributes).toEqual(attributes);
    expect(letter?.body).toMatch(new RegExp(`^(${character}){50000,}…$`, "u"));
    const typed = Object.entries(attributes).map(([name, value]) => `${name}String${value}`);
    expect(Buffer.byteLength([letter?.body, ...typed].join(""))).toBeLessThanOrEqual(262_144);
  },
);

it("throws when the dead-letter queue does not take a malformed message", async () => {
  const { ports, received } = queues();
  const failing = { send: async () => [{ id: "1", kind: "failed" as const, reason: "down" }] };
  const reading = readMessage(PollMessage, await received("{}"), { ...ports, deadLetterQueue: failing });
  await expect(reading).rejects.toThrow("1 of 1 messages were not sent: down");
});

it("describes a malformed message by field names and never by values", async () => {
  const { ports, received, unreadable } = queues();
  await readMessage(PollMessage, await received('{"v":1,"kind":"poll","jobId":"s3cret/../"}'), ports);
  expect(unreadable).toHaveLength(1);
  expect(JSON.stringify(unreadable)).not.toContain("s3cret");
});

it("sends an unusable message to the dead-letter queue with its reason and detail", async () => {
  const { ports, received, deadLetterQueue } = queues();
  expect(await deadLetterMessage("unknown", "no outcome", await received(NOTIFICATION_V1), ports)).toBe(
    "acknowledged",
  );
  expect(deadLetterQueue.state.messages).toMatchObject([
    { body: NOTIFICATION_V1, attributes: { reason: "unknown", detail: "no outcome" } },
  ]);
});

import {
  createTruncatedDeadLetter,
  deadLetterMessageOrThrow,
  handleMessageOrDeadLetter,
  type UnreadableReason,
} from "../../../functions/shared/handle-message-or-dead-letter.ts";
import { NewerItemError } from "../../../lib/ledger/ledger.ts";
import { NotifyMessage, PollMessage } from "../../../lib/queue/messages.ts";
import { publishMetrics } from "../../../lib/runtime/metrics.ts";
import type { Disposition, ReceivedMessage } from "../../../lib/runtime/sqs-handler.ts";
import { DIGEST_V1, NOTIFICATION_V1, POLL_V1, TARGET_GONE_V1 } from "../../lib/queue/messages-v1.ts";
import { captured } from "../../lib/runtime/captured.ts";
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

const acknowledge = async (): Promise<Disposition> => "acknowledged";

it("calls the handler with a message of the poll queue", async () => {
  const { ports, received } = queues();
  const handled: unknown[] = [];
  const disposition = await handleMessageOrDeadLetter(
    PollMessage,
    await received(POLL_V1),
    ports,
    async (message) => {
      handled.push(message);
      return "retry";
    },
  );
  expect([disposition, handled]).toEqual(["retry", [JSON.parse(POLL_V1)]]);
});

it.each([NOTIFICATION_V1, DIGEST_V1, TARGET_GONE_V1])(
  "calls the handler with a message of the notify queue: %s",
  async (body) => {
    const { ports, received, deadLetterQueue, unreadable } = queues();
    const handled: unknown[] = [];
    await handleMessageOrDeadLetter(NotifyMessage, await received(body), ports, async (message) => {
      handled.push(message);
      return "acknowledged";
    });
    expect(handled).toEqual([JSON.parse(body)]);
    expect([deadLetterQueue.state.messages, unreadable]).toEqual([[], []]);
  },
);

it.each([
  [1, 15],
  [2, 30],
  [6, 480],
  [7, 900],
  [900, 900],
])(
  "postpones a message of a newer release after %i receives by %i seconds",
  async (receiveCount, seconds) => {
    const { ports, received, clock, queue, deadLetterQueue, unreadable } = queues();
    const message = { ...(await received('{"v":2,"kind":"glance","at":"something else"}')), receiveCount };
    const never = () => Promise.reject(new Error("the handler was called"));
    expect(await handleMessageOrDeadLetter(PollMessage, message, ports, never)).toBe("retry");
    expect(deadLetterQueue.state.messages).toEqual([]);
    expect(unreadable).toEqual([["newer", "version 2"]]);
    clock.now = seconds * 1000 - 1;
    expect(queue.receive(1)).toEqual([]);
    clock.now = seconds * 1000;
    expect(queue.receive(1)).toHaveLength(1);
  },
);

it("postpones a message whose ledger item a newer release wrote", async () => {
  const { ports, received, clock, queue, deadLetterQueue, unreadable } = queues();
  const newerItem = () => Promise.reject(new NewerItemError(1));
  expect(await handleMessageOrDeadLetter(PollMessage, await received(POLL_V1), ports, newerItem)).toBe(
    "retry",
  );
  expect(deadLetterQueue.state.messages).toEqual([]);
  expect(unreadable.map(([reason]) => reason)).toEqual(["newer"]);
  clock.now = 14_999;
  expect(queue.receive(1)).toEqual([]);
  clock.now = 15_000;
  expect(queue.receive(1)).toHaveLength(1);
});

it("throws the other errors of the handler", async () => {
  const { ports, received, unreadable } = queues();
  const failing = () => Promise.reject(new Error("down"));
  await expect(
    handleMessageOrDeadLetter(PollMessage, await received(POLL_V1), ports, failing),
  ).rejects.toThrow("down");
  expect(unreadable).toEqual([]);
});

it.each(["", "hello", "[]", "{}", '{"v":1,"kind":"poll"}', '{"v":"1","kind":"poll"}', '{"v":0}'])(
  "sends a malformed message to the dead-letter queue with the reason: %j",
  async (body) => {
    const { ports, received, deadLetterQueue, unreadable } = queues();
    const read = await handleMessageOrDeadLetter(
      PollMessage,
      await received(body),
      ports,
      async () => "retry",
    );
    expect(read).toBe("acknowledged");
    expect(deadLetterQueue.state.messages).toMatchObject([{ body, attributes: { reason: "malformed" } }]);
    expect(unreadable.map(([reason]) => reason)).toEqual(["malformed"]);
  },
);

it.each(["x", "ü", "😀"])(
  "truncates a malformed message of 1 MiB of '%s', so that the message and the reason are below every limit of SQS",
  async (character) => {
    const { ports, received, deadLetterQueue } = queues();
    const body = character.repeat(1_048_576 / Buffer.byteLength(character));
    const read = await handleMessageOrDeadLetter(
      PollMessage,
      await received(body),
      ports,
      async () => "retry",
    );
    expect(read).toBe("acknowledged");
    const [letter] = deadLetterQueue.state.messages;
    const attributes = { reason: "malformed", detail: "the body is not JSON", bodyBytes: "1048576" };
    expect(letter?.attributes).toEqual(attributes);
    expect(letter?.body).toMatch(new RegExp(`^(${character}){50000,}…$`, "u"));
    const typed = Object.entries(attributes).map(([name, value]) => `${name}String${value}`);
    expect(Buffer.byteLength([letter?.body, ...typed].join(""))).toBeLessThanOrEqual(262_144);
  },
);

it.each([
  [250_000, undefined],
  [250_001, "250001"],
])("a dead letter of %d bytes has the attribute bodyBytes %j", (bytes, bodyBytes) => {
  const letter = createTruncatedDeadLetter(
    { messageId: "1", body: "x".repeat(bytes) },
    { reason: "r", detail: "d" },
  );
  expect(letter.attributes?.bodyBytes).toBe(bodyBytes);
});

it.each([
  ["{}", "malformed", 1],
  ['{"v":2}', "newer", undefined],
])("logs that the message %s is %s, and adds %j to the dead letters", async (body, kind, count) => {
  const { ports, received } = queues();
  const { onUnreadable: _, ...defaults } = ports;
  const message = await received(body);
  const lines = await captured(async () => {
    await handleMessageOrDeadLetter(PollMessage, message, defaults, acknowledge);
    publishMetrics();
  });
  expect(lines[0]).toMatchObject({ level: "WARN", message: "message unreadable", kind });
  expect(lines[0]?.reason).toEqual(expect.stringContaining(kind === "newer" ? "version 2" : "not a message"));
  expect(lines.find((line) => "DeadLetters" in line)?.DeadLetters).toBe(count);
});

it("throws when the dead-letter queue does not take a malformed message", async () => {
  const { ports, received } = queues();
  const failing = { send: async () => [{ id: "1", kind: "failed" as const, reason: "down" }] };
  const failingPorts = { ...ports, deadLetterQueue: failing };
  const reading = handleMessageOrDeadLetter(PollMessage, await received("{}"), failingPorts, acknowledge);
  await expect(reading).rejects.toThrow("1 of 1 messages were not sent: down");
});

it("describes a malformed message by field names and never by values", async () => {
  const { ports, received, unreadable } = queues();
  await handleMessageOrDeadLetter(
    PollMessage,
    await received('{"v":1,"kind":"poll","jobId":"s3cret/../"}'),
    ports,
    acknowledge,
  );
  expect(unreadable).toHaveLength(1);
  expect(JSON.stringify(unreadable)).not.toContain("s3cret");
});

it("sends an unusable message to the dead-letter queue with its reason and detail", async () => {
  const { ports, received, deadLetterQueue } = queues();
  expect(
    await deadLetterMessageOrThrow("unknown", "no outcome", await received(NOTIFICATION_V1), ports),
  ).toBe("acknowledged");
  expect(deadLetterQueue.state.messages).toMatchObject([
    { body: NOTIFICATION_V1, attributes: { reason: "unknown", detail: "no outcome" } },
  ]);
});

import { deadLetterUnknown, type Unreadable, withMessage } from "../../../functions/shared/read-message.ts";
import { NotifyMessage, PollMessage } from "../../../lib/queue/messages.ts";
import type { Delivery } from "../../../lib/runtime/sqs-handler.ts";
import {
  DIGEST_V1,
  NOTIFICATION_V1,
  NOTIFICATION_V1_FIRST,
  POLL_V1,
  TARGET_GONE_V1,
} from "../../lib/queue/messages-v1.ts";
import { createMemoryQueue } from "../../simulation/memory-queue.ts";

function reading() {
  const clock = { now: 0 };
  const queueNamed = (name: string) =>
    createMemoryQueue({ name, now: () => clock.now, visibilitySeconds: 180 });
  const [queue, dead] = [queueNamed("poll"), queueNamed("dead")];
  const told: [Unreadable, string][] = [];
  const ports = { queue, dead, unreadable: (kind: Unreadable, reason: string) => told.push([kind, reason]) };
  async function received(body: string): Promise<Delivery> {
    await queue.send([{ id: "1", body, delaySeconds: 0 }]);
    const [delivery] = queue.receive(1);
    if (delivery === undefined) throw new Error("nothing came");
    return delivery;
  }
  return { clock, queue, dead, told, ports, received };
}

describe("a message as the version before wrote it", () => {
  it.each([POLL_V1])("is understood by the poll function: %s", async (body) => {
    const { ports, received } = reading();
    const read: unknown[] = [];
    await withMessage(PollMessage, await received(body), ports, async (message) => {
      read.push(message);
      return "acknowledged";
    });
    expect(read).toEqual([JSON.parse(body)]);
  });

  it.each([NOTIFICATION_V1, NOTIFICATION_V1_FIRST, DIGEST_V1, TARGET_GONE_V1])(
    "is understood by the notify function: %s",
    async (body) => {
      const { ports, received, dead, told } = reading();
      const read: unknown[] = [];
      await withMessage(NotifyMessage, await received(body), ports, async (message) => {
        read.push(message);
        return "acknowledged";
      });
      const later = body === NOTIFICATION_V1_FIRST ? { redelivery: 0 } : {};
      expect(read).toEqual([{ ...JSON.parse(body), ...later }]);
      expect([dead.state.messages, told]).toEqual([[], []]);
    },
  );
});

describe("a message of a version to come", () => {
  it("waits in its queue, a quarter of an hour at a time", async () => {
    const { ports, received, clock, queue, dead, told } = reading();
    const delivery = await received('{"v":3,"kind":"glance","at":"something else"}');
    const handle = async () => "acknowledged" as const;
    expect(await withMessage(PollMessage, delivery, ports, handle)).toBe("retry");
    expect(dead.state.messages).toEqual([]);
    expect(told).toEqual([["newer", "version 3"]]);
    clock.now = 899_000;
    expect(queue.receive(1)).toEqual([]);
    clock.now = 900_000;
    expect(queue.receive(1)).toHaveLength(1);
  });
});

describe("a message that nobody can read", () => {
  it.each(["", "hello", "[]", "{}", '{"v":1,"kind":"poll"}', '{"v":"1","kind":"poll"}', '{"v":0}'])(
    "goes to the dead-letter queue with the reason: %j",
    async (body) => {
      const { ports, received, dead, told } = reading();
      const handle = async () => "acknowledged" as const;
      expect(await withMessage(PollMessage, await received(body), ports, handle)).toBe("acknowledged");
      expect(dead.state.messages).toMatchObject([{ body, attributes: { reason: "malformed" } }]);
      expect(told.map(([kind]) => kind)).toEqual(["malformed"]);
    },
  );

  it("stays where it is when the dead-letter queue does not take it", async () => {
    const { ports, received } = reading();
    const failing = { send: async () => [{ id: "1", kind: "failed" as const, reason: "down" }] };
    const reads = withMessage(
      PollMessage,
      await received("{}"),
      { ...ports, dead: failing },
      async () => "retry",
    );
    await expect(reads).rejects.toThrow("1 of 1 messages were not sent: down");
  });

  it("is told by its names, never by what it holds", async () => {
    const { ports, received, told } = reading();
    await withMessage(
      PollMessage,
      await received('{"v":1,"kind":"poll","jobId":"s3cret/../"}'),
      ports,
      async () => "retry",
    );
    expect(JSON.stringify(told)).not.toContain("s3cret");
  });
});

it("buries a message about something nobody knows", async () => {
  const { ports, received, dead } = reading();
  expect(await deadLetterUnknown(await received(NOTIFICATION_V1), ports)).toBe("acknowledged");
  expect(dead.state.messages).toMatchObject([{ body: NOTIFICATION_V1, attributes: { reason: "unknown" } }]);
});

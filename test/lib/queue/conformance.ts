import { DelayOutOfRangeError, type OutgoingMessage, type Queue } from "../../../lib/queue/queue.ts";

export interface DeliveredMessage {
  readonly messageId: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly receiveCount: number;
  readonly receiptHandle: string;
}

/** A queue to test, and the clock of the queue. The visibility timeout is one second, and maxReceiveCount is 2. */
export interface QueueUnderTest {
  readonly queue: Queue;
  receive(max: number): Promise<readonly DeliveredMessage[]>;
  receiveDead(max: number): Promise<readonly DeliveredMessage[]>;
  remove(receiptHandle: string): Promise<void>;
  now(): number;
  /** Advances a virtual clock, or waits when the clock is real. */
  pass(ms: number): Promise<void>;
}

const MAX_STEPS = 200;
const STEP_MS = 50;
/** The allowed error of a measured time. The test and the queue do not read the clock at the same instant. */
const CLOCK_SLACK_MS = 100;

/**
 * Defines the tests that every implementation of a queue must pass.
 * @param make creates a new queue for each test.
 */
export function describeQueue(name: string, make: () => Promise<QueueUnderTest>): void {
  const message = (id: string, changes: Partial<OutgoingMessage> = {}): OutgoingMessage => ({
    id,
    body: `body of ${id}`,
    delaySeconds: 0,
    ...changes,
  });

  /** Receives messages until `count` messages have arrived. */
  async function arrival(
    { pass }: QueueUnderTest,
    count: number,
    receive: (max: number) => Promise<readonly DeliveredMessage[]>,
  ): Promise<{ arrived: DeliveredMessage[] }> {
    const arrived: DeliveredMessage[] = [];
    for (let step = 0; step < MAX_STEPS; step += 1) {
      arrived.push(...(await receive(10)));
      if (arrived.length >= count) return { arrived };
      await pass(STEP_MS);
    }
    throw new Error(`${arrived.length} of ${count} messages arrived`);
  }

  describe(`the queue ${name}`, () => {
    it("delivers messages with their attributes and returns results under the IDs of the sender", async () => {
      const test = await make();
      const attributes = { reason: "malformed", source: "poll" };
      const results = await test.queue.send([message("a / 1"), message("b", { attributes })]);
      expect(results).toEqual([
        { id: "a / 1", kind: "sent" },
        { id: "b", kind: "sent" },
      ]);
      const { arrived } = await arrival(test, 2, test.receive);
      const bodies = Object.fromEntries(arrived.map((m) => [m.body, m.attributes]));
      expect(bodies).toEqual({ "body of a / 1": {}, "body of b": attributes });
    });

    it("accepts any number of messages, including zero messages", async () => {
      const test = await make();
      const ids = Array.from({ length: 25 }, (_, i) => `m-${i}`);
      expect(await test.queue.send([])).toEqual([]);
      const results = await test.queue.send(ids.map((id) => message(id)));
      expect(results).toEqual(ids.map((id) => ({ id, kind: "sent" })));
      const bodies: string[] = [];
      const receive = async (max: number) => {
        const arrived = await test.receive(max);
        for (const { receiptHandle } of arrived) await test.remove(receiptHandle);
        return arrived;
      };
      bodies.push(...(await arrival(test, 25, receive)).arrived.map(({ body }) => body));
      expect(bodies.sort()).toEqual(ids.map((id) => `body of ${id}`).sort());
    });

    it.each([-1, 901, 1.5, Number.NaN, Infinity])(
      "refuses a delay of %p s before any message is sent",
      async (delay) => {
        const test = await make();
        const sent = test.queue.send([message("a"), message("b", { delaySeconds: delay })]);
        await expect(sent).rejects.toThrow(DelayOutOfRangeError);
        expect(await test.receive(10)).toEqual([]);
      },
    );

    it("delivers a message after the delay of the message", async () => {
      const test = await make();
      await test.queue.send([message("late", { delaySeconds: 1 }), message("now")]);
      const sentAt = test.now();
      const [first] = (await arrival(test, 1, test.receive)).arrived;
      expect(first?.body).toBe("body of now");
      await test.remove(first?.receiptHandle ?? "");
      const [second] = (await arrival(test, 1, test.receive)).arrived;
      expect(second?.body).toBe("body of late");
      expect(test.now() - sentAt).toBeGreaterThanOrEqual(1000 - CLOCK_SLACK_MS);
    });

    it("accepts delays up to 900 s", async () => {
      const test = await make();
      expect(await test.queue.send([message("a", { delaySeconds: 900 })])).toEqual([
        { id: "a", kind: "sent" },
      ]);
      expect(await test.receive(10)).toEqual([]);
    });

    it("delivers a message again after the visibility timeout and counts the deliveries", async () => {
      const test = await make();
      await test.queue.send([message("a")]);
      const [first] = (await arrival(test, 1, test.receive)).arrived;
      expect(await test.receive(10)).toEqual([]);
      const [second] = (await arrival(test, 1, test.receive)).arrived;
      expect([first?.receiveCount, second?.receiveCount]).toEqual([1, 2]);
      expect(second?.messageId).toBe(first?.messageId);
    });

    it("hides a received message for longer than the visibility timeout", async () => {
      const test = await make();
      await test.queue.send([message("a")]);
      const [first] = (await arrival(test, 1, test.receive)).arrived;
      const hiddenAt = test.now();
      await test.queue.changeVisibility(first?.receiptHandle ?? "", 2);
      await arrival(test, 1, test.receive);
      expect(test.now() - hiddenAt).toBeGreaterThanOrEqual(2000 - CLOCK_SLACK_MS);
    });

    it("delivers a message again at once after a visibility of 0 s", async () => {
      const test = await make();
      await test.queue.send([message("a")]);
      const [first] = (await arrival(test, 1, test.receive)).arrived;
      await test.queue.changeVisibility(first?.receiptHandle ?? "", 0);
      expect(await test.receive(10)).toMatchObject([{ body: "body of a", receiveCount: 2 }]);
    });

    it("throws when the visibility of a deleted message is changed", async () => {
      const test = await make();
      await test.queue.send([message("a")]);
      const [first] = (await arrival(test, 1, test.receive)).arrived;
      await test.remove(first?.receiptHandle ?? "");
      await expect(test.queue.changeVisibility(first?.receiptHandle ?? "", 5)).rejects.toThrow();
    });

    it("does not deliver a deleted message again", async () => {
      const test = await make();
      await test.queue.send([message("a"), message("later", { delaySeconds: 2 })]);
      const [first] = (await arrival(test, 1, test.receive)).arrived;
      await test.remove(first?.receiptHandle ?? "");
      expect((await arrival(test, 1, test.receive)).arrived).toMatchObject([{ body: "body of later" }]);
    });

    it("moves a message to the dead-letter queue instead of a third delivery", async () => {
      const test = await make();
      await test.queue.send([message("a", { attributes: { source: "poll" } })]);
      await arrival(test, 1, test.receive);
      await arrival(test, 1, test.receive);
      const { arrived } = await arrival(test, 1, async (max) => {
        expect(await test.receive(max)).toEqual([]);
        return test.receiveDead(max);
      });
      expect(arrived).toMatchObject([{ body: "body of a", attributes: { source: "poll" } }]);
    });
  });
}

import { DelayOutOfRangeError, type OutgoingMessage, type Queue } from "../../../lib/queue/queue.ts";

export interface ReceivedNotification {
  readonly messageId: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly receiveCount: number;
  readonly receiptHandle: string;
}

/** A queue with a visibility timeout of one second, whose messages die after their second receipt, and its clock. */
export interface QueueUnderTest {
  readonly queue: Queue;
  receive(max: number): Promise<readonly ReceivedNotification[]>;
  receiveDead(max: number): Promise<readonly ReceivedNotification[]>;
  remove(receiptHandle: string): Promise<void>;
  now(): number;
  /** Lets time go by: a virtual clock steps on, a real one is awaited. */
  pass(ms: number): Promise<void>;
}

const PATIENCE = 200;
const STEP_MS = 50;
/** Two clocks of one machine read at different moments. */
const CLOCK_SLACK_MS = 100;

/** What every queue must do, whichever driver keeps it. `make` is asked for a fresh one per test. */
export function describeQueue(name: string, make: () => QueueUnderTest): void {
  const message = (id: string, changes: Partial<OutgoingMessage> = {}): OutgoingMessage => ({
    id,
    body: `body of ${id}`,
    delaySeconds: 0,
    ...changes,
  });

  /** Receives until `count` messages have come, by the queue's own clock. */
  async function arrival(
    { pass }: QueueUnderTest,
    count: number,
    receive: (max: number) => Promise<readonly ReceivedNotification[]>,
  ): Promise<{ arrived: ReceivedNotification[] }> {
    const arrived: ReceivedNotification[] = [];
    for (let step = 0; step < PATIENCE; step += 1) {
      arrived.push(...(await receive(10)));
      if (arrived.length >= count) return { arrived };
      await pass(STEP_MS);
    }
    throw new Error(`${arrived.length} of ${count} messages came`);
  }

  describe(`the queue ${name}`, () => {
    it("passes on messages with their attributes, each under the sender's own id", async () => {
      const test = make();
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

    it("takes any number of messages, and none", async () => {
      const test = make();
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
      "refuses a delay of %p s before sending anything",
      async (delay) => {
        const test = make();
        const sent = test.queue.send([message("a"), message("b", { delaySeconds: delay })]);
        await expect(sent).rejects.toThrow(DelayOutOfRangeError);
        expect(await test.receive(10)).toEqual([]);
      },
    );

    it("delays a message for as long as it says", async () => {
      const test = make();
      await test.queue.send([message("late", { delaySeconds: 1 }), message("now")]);
      const sentAt = test.now();
      const [first] = (await arrival(test, 1, test.receive)).arrived;
      expect(first?.body).toBe("body of now");
      await test.remove(first?.receiptHandle ?? "");
      const [second] = (await arrival(test, 1, test.receive)).arrived;
      expect(second?.body).toBe("body of late");
      expect(test.now() - sentAt).toBeGreaterThanOrEqual(1000 - CLOCK_SLACK_MS);
    });

    it("takes delays up to 900 s", async () => {
      const test = make();
      expect(await test.queue.send([message("a", { delaySeconds: 900 })])).toEqual([
        { id: "a", kind: "sent" },
      ]);
      expect(await test.receive(10)).toEqual([]);
    });

    it("shows a message again when its visibility timeout is over, and counts receipts", async () => {
      const test = make();
      await test.queue.send([message("a")]);
      const [first] = (await arrival(test, 1, test.receive)).arrived;
      expect(await test.receive(10)).toEqual([]);
      const [second] = (await arrival(test, 1, test.receive)).arrived;
      expect([first?.receiveCount, second?.receiveCount]).toEqual([1, 2]);
      expect(second?.messageId).toBe(first?.messageId);
    });

    it("holds a received message for longer than its visibility timeout", async () => {
      const test = make();
      await test.queue.send([message("a")]);
      const [first] = (await arrival(test, 1, test.receive)).arrived;
      const heldAt = test.now();
      await test.queue.changeVisibility(first?.receiptHandle ?? "", 2);
      await arrival(test, 1, test.receive);
      expect(test.now() - heldAt).toBeGreaterThanOrEqual(2000 - CLOCK_SLACK_MS);
    });

    it("lets a message go at once when it is held for 0 s", async () => {
      const test = make();
      await test.queue.send([message("a")]);
      const [first] = (await arrival(test, 1, test.receive)).arrived;
      await test.queue.changeVisibility(first?.receiptHandle ?? "", 0);
      expect(await test.receive(10)).toMatchObject([{ body: "body of a", receiveCount: 2 }]);
    });

    it("throws when it is to hold a message that is not in flight", async () => {
      const test = make();
      await test.queue.send([message("a")]);
      const [first] = (await arrival(test, 1, test.receive)).arrived;
      await test.remove(first?.receiptHandle ?? "");
      await expect(test.queue.changeVisibility(first?.receiptHandle ?? "", 5)).rejects.toThrow();
    });

    it("forgets a message that was removed", async () => {
      const test = make();
      await test.queue.send([message("a"), message("later", { delaySeconds: 2 })]);
      const [first] = (await arrival(test, 1, test.receive)).arrived;
      await test.remove(first?.receiptHandle ?? "");
      expect((await arrival(test, 1, test.receive)).arrived).toMatchObject([{ body: "body of later" }]);
    });

    it("moves a message to the dead-letter queue instead of a third receipt", async () => {
      const test = make();
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

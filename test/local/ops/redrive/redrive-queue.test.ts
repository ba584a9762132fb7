import type { DeadLetter } from "../../../../local/ops/redrive/dead-letter-queue.ts";
import { redriveQueue } from "../../../../local/ops/redrive/redrive-queue.ts";

const STARTED_AT = 1_000_000;

/** Runs the redrive of a queue. `failsAs` returns the dead letter that a message becomes again, or null. */
async function run(
  deadLetters: readonly Partial<DeadLetter>[],
  failsAs: (body: string) => Partial<DeadLetter> | null = () => null,
) {
  let count = 0;
  const queue: DeadLetter[] = [];
  const add = (message: Partial<DeadLetter>) => {
    count += 1;
    const id = `message-${count}`;
    queue.push({ id, body: id, sentAt: STARTED_AT - 1, cause: null, receiptHandle: id, ...message });
  };
  for (const message of deadLetters) add(message);
  const released: string[] = [];
  const deleted: string[] = [];
  const lines: string[] = [];
  const counts = await redriveQueue({
    queue: {
      receive: async () => queue.splice(0, 10),
      delete: async ({ id }) => {
        deleted.push(id);
      },
      release: async ({ id }) => {
        released.push(id);
        throw new Error("cannot be released");
      },
    },
    redrive: async ({ body }) => {
      if (body === "off") return { kind: "kept", title: body, cause: "is off" };
      const failed = failsAs(body);
      if (failed !== null) add(failed);
      return { kind: "sent", title: body, body: `${body} again` };
    },
    titleOf: ({ body }) => body,
    now: () => STARTED_AT,
    report: (line) => lines.push(line),
  });
  return { counts, lines, released, deleted };
}

test("a message that fails again at once is kept and reported with its cause", async () => {
  const failsAs = (body: string) => ({
    body: `${body} again`,
    sentAt: STARTED_AT + 5,
    cause: "gone, target_off",
  });
  const { counts, lines, released, deleted } = await run([{ body: "a" }, { body: "b" }], failsAs);
  expect(counts).toEqual({ sent: 2, obsolete: 0, kept: 2 });
  expect(lines.slice(2)).toEqual([
    "kept     a again: failed again (gone, target_off)",
    "kept     b again: failed again (gone, target_off)",
  ]);
  expect({ released, deleted }).toEqual({
    released: ["message-3", "message-4"],
    deleted: ["message-1", "message-2"],
  });
});

test("a message that fails again is recognized when this machine's clock is ahead of the queue's", async () => {
  const failsAs = (body: string) => ({
    body: `${body} again`,
    sentAt: STARTED_AT - 60_000,
    cause: "rejected",
  });
  const { counts, lines } = await run([{ body: "a" }], failsAs);
  expect(counts).toEqual({ sent: 1, obsolete: 0, kept: 1 });
  expect(lines.at(-1)).toBe("kept     a again: this run has already sent the same message (rejected)");
});

test("a message that becomes a dead letter during the run is kept", async () => {
  let others = 0;
  const { counts, lines } = await run([{ body: "a" }], () => {
    others += 1;
    return others > 100 ? null : { body: "other", sentAt: STARTED_AT };
  });
  expect(counts).toEqual({ sent: 1, obsolete: 0, kept: 1 });
  expect(lines.at(-1)).toBe("kept     other: failed during this run");
});

test("a message that is received twice is handled only once", async () => {
  const { counts, released } = await run([
    { body: "off", id: "x" },
    { body: "off", id: "x", receiptHandle: "later" },
  ]);
  expect(counts).toEqual({ sent: 0, obsolete: 0, kept: 1 });
  expect(released).toEqual(["x"]);
});

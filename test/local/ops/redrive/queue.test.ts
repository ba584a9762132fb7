import type { Letter } from "../../../../local/ops/redrive/letters.ts";
import { redriveQueue } from "../../../../local/ops/redrive/queue.ts";

const BEGAN = 1_000_000;

/** A dead-letter queue in which letters that are sent again come to lie as `diesAs` says. */
async function run(
  lying: readonly Partial<Letter>[],
  diesAs: (body: string) => Partial<Letter> | null = () => null,
) {
  let ids = 0;
  const queue: Letter[] = [];
  const lay = (letter: Partial<Letter>) => {
    ids += 1;
    const id = `letter-${ids}`;
    queue.push({ id, body: id, sentAt: BEGAN - 1, cause: null, receipt: id, ...letter });
  };
  for (const letter of lying) lay(letter);
  const released: string[] = [];
  const removed: string[] = [];
  const told: string[] = [];
  const total = await redriveQueue({
    letters: {
      receive: async () => queue.splice(0, 10),
      remove: async ({ id }) => {
        removed.push(id);
      },
      release: async ({ id }) => {
        released.push(id);
        throw new Error("it shows by itself");
      },
    },
    redrive: async ({ body }) => {
      if (body === "off") return { kind: "left", what: body, why: "is off" };
      const died = diesAs(body);
      if (died !== null) lay(died);
      return { kind: "sent", what: body, body: `${body} again` };
    },
    name: ({ body }) => body,
    now: () => BEGAN,
    tell: (line) => told.push(line),
  });
  return { total, told, released, removed };
}

test("a letter that dies again at once is left where it is, with what it died of", async () => {
  const died = (body: string) => ({ body: `${body} again`, sentAt: BEGAN + 5, cause: "gone, target_off" });
  const { total, told, released, removed } = await run([{ body: "a" }, { body: "b" }], died);
  expect(total).toEqual({ sent: 2, settled: 0, left: 2 });
  expect(told.slice(2)).toEqual([
    "left     a again: died again (gone, target_off)",
    "left     b again: died again (gone, target_off)",
  ]);
  expect({ released, removed }).toEqual({
    released: ["letter-3", "letter-4"],
    removed: ["letter-1", "letter-2"],
  });
});

test("it is known again although this machine's clock is ahead of the queue's", async () => {
  const died = (body: string) => ({ body: `${body} again`, sentAt: BEGAN - 60_000, cause: "rejected" });
  const { total, told } = await run([{ body: "a" }], died);
  expect(total).toEqual({ sent: 1, settled: 0, left: 1 });
  expect(told.at(-1)).toBe("left     a again: this run has sent the same already (rejected)");
});

test("what dies of itself while this runs is left as well", async () => {
  let others = 0;
  const { total, told } = await run([{ body: "a" }], () => {
    others += 1;
    return others > 100 ? null : { body: "other", sentAt: BEGAN };
  });
  expect(total).toEqual({ sent: 1, settled: 0, left: 1 });
  expect(told.at(-1)).toBe("left     other: died while this ran");
});

test("a letter that shows itself twice is read once", async () => {
  const { total, released } = await run([
    { body: "off", id: "x" },
    { body: "off", id: "x", receipt: "later" },
  ]);
  expect(total).toEqual({ sent: 0, settled: 0, left: 1 });
  expect(released).toEqual(["x"]);
});

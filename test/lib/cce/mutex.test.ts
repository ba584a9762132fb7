import { createMutex } from "../../../lib/cce/mutex.ts";

it("does one piece of work at a time, in order, whatever becomes of the one before", async () => {
  const alone = createMutex();
  const told: string[] = [];
  const work = (name: string, fails = false) =>
    alone(async () => {
      told.push(`${name} begins`);
      await Promise.resolve();
      told.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    });
  const settled = await Promise.allSettled([work("a"), work("b", true), work("c")]);
  expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(told).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
});

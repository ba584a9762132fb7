import { againAfterMs, MAX_TRIES } from "../../client/again.ts";

const answered = (status: number, retryAfterSeconds: number | null = null) =>
  ({ kind: "answered", status, retryAfterSeconds }) as const;
const statuses = Array.from({ length: 500 }, (_, i) => i + 100);

test("over every status: again what was not taken, and what perhaps was only where that is harmless", () => {
  const again = (repeatable: boolean) =>
    statuses.filter((status) => againAfterMs(answered(status), repeatable, 1, 0.5) !== null);
  expect(again(false)).toEqual([429, 503]);
  expect(again(true)).toEqual([429, 500, 502, 503, 504]);
});

test("no answer is no news: the call may have been carried out", () => {
  expect(againAfterMs({ kind: "unanswered" }, true, 1, 0.5)).toBe(500);
  expect(againAfterMs({ kind: "unanswered" }, false, 1, 0.5)).toBeNull();
});

test("each try waits twice as long, spread by a quarter, and the fifth is the last", () => {
  const delays = [1, 2, 3, 4].map((tries) => againAfterMs(answered(503), true, tries, 0.5));
  expect(delays).toEqual([500, 1000, 2000, 4000]);
  expect([0, 1].map((random) => againAfterMs(answered(503), true, 1, random))).toEqual([375, 625]);
  expect(againAfterMs(answered(503), true, MAX_TRIES, 0.5)).toBeNull();
});

test("what the service asks for is kept, unless it asks for too much", () => {
  expect(againAfterMs(answered(429, 7), true, 1, 0.5)).toBe(7000);
  expect(againAfterMs(answered(429, 0), true, 1, 0.5)).toBe(500);
  expect(againAfterMs(answered(429, 31), true, 1, 0.5)).toBeNull();
});

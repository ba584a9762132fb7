import { MAX_TRIES, retryDelayMs } from "../../client/retry-delay.ts";

const answered = (status: number, retryAfterSeconds: number | null = null, isProblem = true) => ({
  status,
  retryAfterSeconds,
  isProblem,
});
const unanswered = { status: null, retryAfterSeconds: null, isProblem: false };
const everyStatus = Array.from({ length: 500 }, (_, i) => i + 100);

test.each([
  ["a problem document, a call that is not repeatable", [429, 503], false, true],
  ["a problem document, a repeatable call", [429, 500, 502, 503, 504], true, true],
  ["another body, a call that is not repeatable", [429], false, false],
  ["another body, a repeatable call", [429, 500, 502, 503, 504], true, false],
])("of all HTTP statuses with %s is tried again only after %j", (_, expected, repeatable, isProblem) => {
  const retried = everyStatus.filter(
    (status) => retryDelayMs(answered(status, null, isProblem), repeatable, 1, 0.5) !== null,
  );
  expect(retried).toEqual(expected);
});

test("without a response, only a repeatable call is tried again", () => {
  expect(retryDelayMs(unanswered, true, 1, 0.5)).toBe(500);
  expect(retryDelayMs(unanswered, false, 1, 0.5)).toBeNull();
});

test("the delay doubles with each try until the fifth, and varies by a quarter", () => {
  const delays = [1, 2, 3, 4].map((tries) => retryDelayMs(answered(503), true, tries, 0.5));
  expect(delays).toEqual([500, 1000, 2000, 4000]);
  expect([0, 1].map((random) => retryDelayMs(answered(503), true, 1, random))).toEqual([375, 625]);
  expect(retryDelayMs(answered(503), true, MAX_TRIES, 0.5)).toBeNull();
});

test("the delay is as long as the service asks for, up to 30 seconds", () => {
  expect(retryDelayMs(answered(429, 7), true, 1, 0.5)).toBe(7000);
  expect(retryDelayMs(answered(429, 0), true, 1, 0.5)).toBe(500);
  expect(retryDelayMs(answered(429, 30), true, 1, 0.5)).toBe(30_000);
  expect(retryDelayMs(answered(429, 31), true, 1, 0.5)).toBeNull();
});

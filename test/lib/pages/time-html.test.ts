import { formatShortUtc, parseInstant, roundNowByAge, utcTimeElement } from "../../../lib/pages/time-html.ts";
import { NOW } from "./sample-parts.ts";

const MINUTE = 60_000;

describe("parseInstant", () => {
  it("returns null for a time that was never set", () => {
    expect(parseInstant("0001-01-01T00:00:00Z")).toBeNull();
    expect(parseInstant(null)).toBeNull();
    expect(parseInstant("soon")).toBeNull();
    expect(parseInstant("2026-03-12T09:39:22.000Z")).toBe(NOW);
  });
});

describe("roundNowByAge", () => {
  it.each([
    [9 * MINUTE, 15_000],
    [30 * MINUTE, MINUTE],
    [90 * MINUTE, 5 * MINUTE],
  ])("at an age of %d ms rounds down to steps of %d ms", (age, step) => {
    const now = Date.UTC(2026, 2, 12, 9, 35) + 14_999;
    expect(roundNowByAge(now, now - age)).toBe(Math.floor(now / step) * step);
    expect(roundNowByAge(now, now - age)).toBeLessThanOrEqual(now);
  });
});

it("times are in UTC, for readers and for machines", () => {
  expect(String(utcTimeElement(NOW))).toBe(
    '<time datetime="2026-03-12T09:39:22.000Z">2026-03-12 09:39:22 UTC</time>',
  );
  expect(formatShortUtc(NOW)).toBe("03-12 09:39:22");
});

import { formatDuration } from "../../../lib/domain/time-text.ts";
import { calmNow, instantOf, moment, shortTime } from "../../../lib/pages/time.ts";
import { NOW } from "./job-parts.ts";

const MINUTE = 60_000;

describe("duration", () => {
  it.each([
    [-5000, "0 s"],
    [999, "0 s"],
    [59_999, "59 s"],
    [60_000, "1 min 00 s"],
    [550_000, "9 min 10 s"],
    [3_600_000, "1 h 00 min"],
    [86_399_999, "23 h 59 min"],
    [93_600_000, "1 d 02 h"],
  ])("of %d ms is %s", (length, words) => {
    expect(formatDuration(length)).toBe(words);
  });
});

describe("instantOf", () => {
  it("takes a time that was never set for none", () => {
    expect(instantOf("0001-01-01T00:00:00Z")).toBeNull();
    expect(instantOf(null)).toBeNull();
    expect(instantOf("soon")).toBeNull();
    expect(instantOf("2026-03-12T09:39:22.000Z")).toBe(NOW);
  });
});

describe("calmNow", () => {
  it.each([
    [9 * MINUTE, 15_000],
    [30 * MINUTE, MINUTE],
    [90 * MINUTE, 5 * MINUTE],
  ])("at an age of %d ms moves in steps of %d ms, never ahead of the clock", (age, step) => {
    const now = Date.UTC(2026, 2, 12, 9, 35) + 14_999;
    expect(calmNow(now, now - age)).toBe(Math.floor(now / step) * step);
    expect(calmNow(now, now - age)).toBeLessThanOrEqual(now);
  });
});

it("moments stand in UTC, for machines too", () => {
  expect(String(moment(NOW))).toBe(
    '<time datetime="2026-03-12T09:39:22.000Z">2026-03-12 09:39:22 UTC</time>',
  );
  expect(shortTime(NOW)).toBe("03-12 09:39:22");
});

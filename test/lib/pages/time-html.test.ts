import {
  ageRoundingStepMs,
  parseInstantSince2000,
  renderTime,
  renderTimeWithoutYear,
  roundNowDownByAge,
} from "../../../lib/pages/time-html.ts";
import { NOW } from "./sample-parts.ts";

const MINUTE = 60_000;

describe("parseInstant", () => {
  it("returns null for a time that was never set", () => {
    expect(parseInstantSince2000("0001-01-01T00:00:00Z")).toBeNull();
    expect(parseInstantSince2000(null)).toBeNull();
    expect(parseInstantSince2000("soon")).toBeNull();
    expect(parseInstantSince2000("2026-03-12T09:39:22.000Z")).toBe(NOW);
  });
});

describe("roundNowByAge", () => {
  it.each([
    [14_999, 0],
    [9 * MINUTE + 7_000, 9 * MINUTE],
    [30 * MINUTE + 59_000, 30 * MINUTE],
    [94 * MINUTE, 90 * MINUTE],
  ])("rounds an age of %d ms down to %d ms", (age, rounded) => {
    expect(roundNowDownByAge(NOW + age, NOW)).toBe(NOW + rounded);
  });
});

it("times are in UTC until the script of the page runs", () => {
  expect(String(renderTime(NOW))).toBe(
    '<time datetime="2026-03-12T09:39:22.000Z">2026-03-12 09:39:22 UTC</time>',
  );
  expect(String(renderTimeWithoutYear(NOW))).toBe(
    '<time datetime="2026-03-12T09:39:22.000Z" data-short>03-12 09:39:22 UTC</time>',
  );
});

test.each([
  [0, 15_000],
  [599_999, 15_000],
  [600_000, 60_000],
  [3_599_999, 60_000],
  [3_600_000, 300_000],
])("the time of a job with an age of %d ms is rounded to %d ms", (ageMs, stepMs) => {
  expect(ageRoundingStepMs(ageMs)).toBe(stepMs);
});

test("a time before the year 2000 and a missing time are unknown", () => {
  expect(parseInstantSince2000("2000-01-01T00:00:00.000Z")).toBe(Date.UTC(2000));
  for (const text of ["1999-12-31T23:59:59.999Z", "soon", null])
    expect(parseInstantSince2000(text)).toBeNull();
});

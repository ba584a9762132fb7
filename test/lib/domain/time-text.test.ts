import { formatDuration, formatUtc, toIsoOrNull, toIsoOrThrow } from "../../../lib/domain/time-text.ts";

describe("formatDuration", () => {
  it.each([
    [-5000, "0 s"],
    [999, "0 s"],
    [59_999, "59 s"],
    [60_000, "1 min 00 s"],
    [550_000, "9 min 10 s"],
    [3_600_000, "1 h 00 min"],
    [86_399_999, "23 h 59 min"],
    [93_600_000, "1 d 02 h"],
  ])("formats %d ms as %s", (durationMs, text) => {
    expect(formatDuration(durationMs)).toBe(text);
  });
});

const AT = Date.parse("2026-11-23T09:30:00.250Z");

it("toIsoOrThrow returns milliseconds and formatUtc returns seconds", () => {
  expect(toIsoOrThrow(AT)).toBe("2026-11-23T09:30:00.250Z");
  expect(formatUtc(AT)).toBe("2026-11-23 09:30:00 UTC");
});

it.each([null, undefined, Number.NaN, 9e15, Date.UTC(10_000, 0), Date.UTC(-1, 0)])(
  "toIsoOrNull returns null for %p",
  (at) => {
    expect(toIsoOrNull(at)).toBeNull();
    expect(toIsoOrNull(AT)).toBe(toIsoOrThrow(AT));
  },
);

import { plausibleJobAgeSeconds } from "../../../lib/schedule/job-age.ts";

const ACCEPTED_AT = Date.UTC(2026, 0, 15);
const DAY_MS = 86_400_000;

describe("plausibleJobAgeSeconds", () => {
  it.each([
    ["the creation time, for a job that is accepted late", ACCEPTED_AT - 600_000, 660],
    ["the acceptance, when the creation time is missing", null, 60],
    ["the acceptance, when the creation time is hours later", ACCEPTED_AT + 8 * 3_600_000, 60],
    ["the acceptance, when the creation time is weeks earlier", ACCEPTED_AT - 30 * DAY_MS, 60],
    ["its creation time, when clocks differ by a few seconds", ACCEPTED_AT + 10_000, 50],
    ["its creation time, when CCE's clock is exactly a minute ahead", ACCEPTED_AT + 60_000, 0],
    ["the acceptance, when CCE's clock is over a minute ahead", ACCEPTED_AT + 60_001, 60],
    ["its creation time, a week before the acceptance", ACCEPTED_AT - 7 * DAY_MS, 7 * 86_400 + 60],
    ["the acceptance, when the creation time is over a week earlier", ACCEPTED_AT - 7 * DAY_MS - 1, 60],
  ])("counts from %s", (_, createdAt, age) => {
    expect(plausibleJobAgeSeconds(createdAt, ACCEPTED_AT, ACCEPTED_AT + 60_000)).toBe(age);
  });

  it("is never negative", () => {
    expect(plausibleJobAgeSeconds(ACCEPTED_AT + 30_000, ACCEPTED_AT, ACCEPTED_AT)).toBe(0);
  });
});

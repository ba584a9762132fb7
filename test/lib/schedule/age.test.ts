import { jobAgeSeconds } from "../../../lib/schedule/age.ts";

const ACCEPTED = Date.UTC(2026, 0, 15);
const DAY_MS = 86_400_000;

describe("the age of a job", () => {
  it.each([
    ["its own creation time, for a job handed in late", ACCEPTED - 600_000, 660],
    ["acceptance, when the cloud tells no time", null, 60],
    ["acceptance, when it was created after it was handed in", ACCEPTED + 8 * 3_600_000, 60],
    ["acceptance, when it was created before any job that could still run", ACCEPTED - 30 * DAY_MS, 60],
    ["creation, within what clocks differ", ACCEPTED + 10_000, 50],
  ])("counts from %s", (_, createdAt, age) => {
    expect(jobAgeSeconds(createdAt, ACCEPTED, ACCEPTED + 60_000)).toBe(age);
  });

  it("is never negative", () => {
    expect(jobAgeSeconds(ACCEPTED + 30_000, ACCEPTED, ACCEPTED)).toBe(0);
  });
});

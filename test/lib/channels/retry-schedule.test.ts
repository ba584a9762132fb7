import {
  decideNextAttempt,
  firstAttemptDelayWithJitterSeconds,
  shortenScheduleAfterInvalidHttp,
} from "../../../lib/channels/retry-schedule.ts";
import fc from "../../support/properties.ts";

const SCHEDULE = [0, 5, 30, 120, 600, 1800, 7200, 21_600, 43_200];
const failed = {
  attempts: 0,
  spent: true,
  throttles: 0,
  throttledMs: 0,
  afterSeconds: null,
  scheduleSeconds: SCHEDULE,
  random: 0.5,
};
const HOUR_MS = 3_600_000;

describe("decideNextAttempt", () => {
  it("returns the waits of the schedule in order, and then exhausted", () => {
    const waits = SCHEDULE.map((_, attempts) => decideNextAttempt({ ...failed, attempts }));
    expect(waits).toEqual([
      ...SCHEDULE.slice(1).map((afterSeconds) => ({ kind: "again", afterSeconds })),
      { kind: "exhausted" },
    ]);
  });

  it("varies each wait by up to 20 percent", () => {
    expect(decideNextAttempt({ ...failed, attempts: 3, random: 0 })).toEqual({
      kind: "again",
      afterSeconds: 480,
    });
    const latest = decideNextAttempt({ ...failed, attempts: 3, random: 0.999_999 });
    expect(latest).toEqual({ kind: "again", afterSeconds: expect.closeTo(720, 2) });
  });

  it("waits at least as long as the receiver asked for", () => {
    expect(decideNextAttempt({ ...failed, afterSeconds: 300, random: 0 })).toEqual({
      kind: "again",
      afterSeconds: 300,
    });
  });

  it("waits at least as long as the schedule when the receiver asks for a shorter wait", () => {
    const throttled = { ...failed, spent: false, afterSeconds: 0 };
    expect(decideNextAttempt(throttled)).toEqual({ kind: "again", afterSeconds: 5 });
    expect(decideNextAttempt({ ...throttled, attempts: 2 })).toEqual({ kind: "again", afterSeconds: 120 });
  });

  it("does not return exhausted for throttled attempts", () => {
    const next = decideNextAttempt({ ...failed, attempts: 8, spent: false, afterSeconds: 60 });
    expect(next).toEqual({ kind: "again", afterSeconds: 43_200 });
  });

  it("doubles the wait for each throttled attempt in a row, unless the receiver asks for a longer wait", () => {
    const throttled = { ...failed, spent: false };
    const waits = [0, 1, 2, 5, 6, 1000].map((throttles) => decideNextAttempt({ ...throttled, throttles }));
    expect(waits).toEqual(
      [5, 10, 20, 160, 300, 300].map((afterSeconds) => ({ kind: "again", afterSeconds })),
    );
    const asked = { ...throttled, throttles: 8, afterSeconds: 1200 };
    expect(decideNextAttempt(asked)).toEqual({ kind: "again", afterSeconds: 1200 });
  });

  it("returns exhausted for a throttled attempt after a day of throttling, but not for a failed attempt", () => {
    const throttled = { ...failed, spent: false, throttles: 90 };
    expect(decideNextAttempt({ ...throttled, throttledMs: 24 * HOUR_MS - 1 })).toMatchObject({
      kind: "again",
    });
    expect(decideNextAttempt({ ...throttled, throttledMs: 24 * HOUR_MS })).toEqual({ kind: "exhausted" });
    expect(decideNextAttempt({ ...failed, throttledMs: 24 * HOUR_MS })).toEqual({
      kind: "again",
      afterSeconds: 5,
    });
  });

  it("returns exhausted after the first attempt when the schedule has only one attempt", () => {
    expect(decideNextAttempt({ ...failed, scheduleSeconds: [0] })).toEqual({ kind: "exhausted" });
  });

  it("stays within 20 percent of the schedule, above the receiver's wait and below the maximum wait of SQS", () => {
    const seconds = fc.integer({ min: 0, max: 43_200 });
    fc.assert(
      fc.property(
        fc.array(seconds, { minLength: 2, maxLength: 30 }),
        fc.nat(40),
        fc.boolean(),
        fc.option(seconds),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (scheduleSeconds, attempts, spent, afterSeconds, random) => {
          const next = decideNextAttempt({
            ...failed,
            attempts,
            spent,
            afterSeconds,
            scheduleSeconds,
            random,
          });
          if (next.kind === "exhausted") return spent && attempts + 1 >= scheduleSeconds.length;
          const scheduled = scheduleSeconds[attempts + 1] ?? scheduleSeconds.at(-1) ?? 0;
          const latest = Math.min(43_200, Math.max(scheduled * 1.2, afterSeconds ?? 0));
          const earliest = Math.min(43_200, Math.max(scheduled * 0.8, afterSeconds ?? 0));
          return next.afterSeconds >= earliest - 1e-6 && next.afterSeconds <= latest + 1e-6;
        },
      ),
    );
  });
});

describe("firstAttemptDelayWithJitterSeconds", () => {
  it("returns the first wait of the schedule, varied by up to 20 percent and at most the maximum wait of SQS", () => {
    expect(firstAttemptDelayWithJitterSeconds(SCHEDULE, 0.9)).toBe(0);
    expect([0, 0.5].map((random) => firstAttemptDelayWithJitterSeconds([60, 5], random))).toEqual([48, 60]);
    expect(firstAttemptDelayWithJitterSeconds([43_200], 0.9)).toBe(43_200);
  });
});

it("a receiver that answers in invalid HTTP gets four attempts, and any other receiver gets the whole schedule", () => {
  expect(shortenScheduleAfterInvalidHttp("invalid_http", SCHEDULE)).toEqual([0, 5, 30, 120]);
  expect(shortenScheduleAfterInvalidHttp("connection_failed", SCHEDULE)).toEqual(SCHEDULE);
});

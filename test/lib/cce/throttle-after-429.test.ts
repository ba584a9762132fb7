import { createThrottleAfter429 } from "../../../lib/cce/throttle-after-429.ts";

const T0 = Date.UTC(2026, 0, 1);

function throttled(random = () => 0.999_999) {
  const clock = { at: T0 };
  return { clock, throttle: createThrottleAfter429(() => clock.at, random) };
}

describe("the throttle of a project", () => {
  it("allows queries before any reply with status 429", () => {
    expect(throttled().throttle.waitSeconds()).toBe(0);
  });

  it("waits exactly for the time in Retry-After", () => {
    const { clock, throttle } = throttled();
    expect(throttle.recordThrottled(17)).toBe(17);
    clock.at += 16_001;
    expect(throttle.waitSeconds()).toBe(1);
    clock.at += 999;
    expect(throttle.waitSeconds()).toBe(0);
  });

  it("ends when the clock is set back by an hour, and starts again with the next status 429", () => {
    const { clock, throttle } = throttled();
    throttle.recordThrottled(17);
    clock.at -= 3_600_000;
    expect(throttle.waitSeconds()).toBe(0);
    expect(throttle.recordThrottled(20)).toBe(20);
    expect(throttle.waitSeconds()).toBe(20);
  });

  it("doubles the maximum wait after each status 429 without Retry-After, up to five minutes", () => {
    const { clock, throttle } = throttled();
    const waits = Array.from({ length: 10 }, () => {
      const seconds = throttle.recordThrottled(null);
      clock.at += seconds * 1000;
      return seconds;
    });
    expect(waits).toEqual([4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
  });

  it("waits for a random part of the maximum wait, and for at least one second", () => {
    const draws = [0, 0.25, 0.5, 0.75].map((value) => {
      const { clock, throttle } = throttled(() => value);
      for (let failure = 0; failure < 4; failure++) {
        throttle.recordThrottled(null);
        clock.at += 600_000;
      }
      return throttle.recordThrottled(null);
    });
    expect(draws).toEqual([1, 16, 32, 48]);
  });

  it("counts the replies to one batch as one failure", () => {
    const { clock, throttle } = throttled();
    for (let reply = 0; reply < 10; reply++) throttle.recordThrottled(null);
    clock.at += 300_000;
    expect(throttle.recordThrottled(null)).toBe(8);
  });

  it("forgets earlier failures after a reply with a status other than 429", () => {
    const { clock, throttle } = throttled();
    for (let failure = 0; failure < 5; failure++) {
      throttle.recordThrottled(null);
      clock.at += 300_000;
    }
    throttle.recordReply();
    expect(throttle.recordThrottled(null)).toBe(4);
  });

  it("keeps earlier failures if a reply arrives during the wait, because its query was sent before the wait", () => {
    const { clock, throttle } = throttled();
    const seconds = throttle.recordThrottled(null);
    clock.at += seconds * 1000 - 1;
    throttle.recordReply();
    clock.at += 1;
    expect(throttle.recordThrottled(null)).toBe(8);
  });

  it("waits at most 15 minutes when Retry-After is longer", () => {
    const { clock, throttle } = throttled();
    expect(throttle.recordThrottled(43_200)).toBe(43_200);
    expect(throttle.waitSeconds()).toBe(900);
    clock.at += 900_000;
    expect(throttle.waitSeconds()).toBe(0);
  });

  it("does not shorten the wait after a reply with a shorter Retry-After", () => {
    const { throttle } = throttled();
    throttle.recordThrottled(60);
    throttle.recordThrottled(5);
    expect(throttle.waitSeconds()).toBe(60);
  });
});

import { createThrottle } from "../../../lib/cce/throttle.ts";

const T0 = Date.UTC(2026, 0, 1);

function throttled(random = () => 0.999_999) {
  const clock = { at: T0 };
  return { clock, throttle: createThrottle(() => clock.at, random) };
}

describe("a project's throttle", () => {
  it("is open until a 429", () => {
    expect(throttled().throttle.remainingSeconds()).toBe(0);
  });

  it("waits what Retry-After asks for, not less and not more", () => {
    const { clock, throttle } = throttled();
    expect(throttle.hold(17)).toBe(17);
    clock.at += 16_001;
    expect(throttle.remainingSeconds()).toBe(1);
    clock.at += 999;
    expect(throttle.remainingSeconds()).toBe(0);
  });

  it("doubles the ceiling of its back-off at every 429 in a row, up to five minutes, without Retry-After", () => {
    const { clock, throttle } = throttled();
    const waits = Array.from({ length: 10 }, () => {
      const seconds = throttle.hold(null);
      clock.at += seconds * 1000;
      return seconds;
    });
    expect(waits).toEqual([4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
  });

  it("draws its back-off from all of the span, with full jitter, and is never without a wait", () => {
    const draws = [0, 0.25, 0.5, 0.75].map((share) => {
      const { clock, throttle } = throttled(() => share);
      for (let strike = 0; strike < 4; strike++) {
        throttle.hold(null);
        clock.at += 600_000;
      }
      return throttle.hold(null);
    });
    expect(draws).toEqual([1, 16, 32, 48]);
  });

  it("takes the replies to one batch for one strike", () => {
    const { clock, throttle } = throttled();
    for (let reply = 0; reply < 10; reply++) throttle.hold(null);
    clock.at += 300_000;
    expect(throttle.hold(null)).toBe(8);
  });

  it("forgets its strikes once anything else is answered", () => {
    const { clock, throttle } = throttled();
    for (let strike = 0; strike < 5; strike++) {
      throttle.hold(null);
      clock.at += 300_000;
    }
    throttle.passed();
    expect(throttle.hold(null)).toBe(4);
  });

  it("keeps no hold beyond a quarter of an hour in memory, however long it is asked for", () => {
    const { clock, throttle } = throttled();
    expect(throttle.hold(43_200)).toBe(43_200);
    clock.at += 900_000;
    expect(throttle.remainingSeconds()).toBe(0);
  });

  it("is never shortened by a reply that asks for less", () => {
    const { throttle } = throttled();
    throttle.hold(60);
    throttle.hold(5);
    expect(throttle.remainingSeconds()).toBe(60);
  });
});

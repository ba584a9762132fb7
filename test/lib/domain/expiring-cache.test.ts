import { createExpiringCache, type ExpiringCacheOptions } from "../../../lib/domain/expiring-cache.ts";
import fc from "../../support/properties.ts";

const T0 = Date.UTC(2026, 0, 1);

/** Creates a cache whose loads return 1, 2, 3 … for each key. A load throws while `failing` is true. */
function counting(options: Partial<ExpiringCacheOptions<number>> = {}) {
  const clock = { at: T0 };
  const source = { failing: false, loads: new Map<string, number>() };
  const cache = createExpiringCache<number>({
    load: async (key) => {
      const count = (source.loads.get(key) ?? 0) + 1;
      source.loads.set(key, count);
      await Promise.resolve();
      if (source.failing) throw new Error(`load ${count} failed`);
      return count;
    },
    now: () => clock.at,
    maxAgeMs: 1000,
    ...options,
  });
  return { cache, clock, source };
}

describe("an expiring cache", () => {
  it("loads a value once for all concurrent callers of a key", async () => {
    const { cache, source } = counting();
    const values = await Promise.all(Array.from({ length: 20 }, () => cache.get("a")));
    expect([new Set(values), source.loads.get("a")]).toEqual([new Set([1]), 1]);
  });

  it("keeps a separate value for each key", async () => {
    const { cache, source } = counting();
    await Promise.all([cache.get("a"), cache.get("b"), cache.get("constructor")]);
    expect(source.loads).toEqual(
      new Map([
        ["a", 1],
        ["b", 1],
        ["constructor", 1],
      ]),
    );
  });

  it("loads again when the value has reached its maximum age", async () => {
    const { cache, clock } = counting();
    await cache.get("a");
    clock.at += 999;
    expect(await cache.get("a")).toBe(1);
    clock.at += 1;
    expect(await cache.get("a")).toBe(2);
  });

  it("loads again for a caller that needs a younger value, and returns the new value to all callers", async () => {
    const { cache, clock } = counting();
    await cache.get("a");
    clock.at += 100;
    expect([await cache.get("a", 101), await cache.get("a", 100), await cache.get("a")]).toEqual([1, 2, 2]);
  });

  it("measures the age of a value from the end of its load", async () => {
    const clock = { at: T0 };
    const cache = createExpiringCache({
      load: async () => {
        clock.at += 5000;
        return clock.at;
      },
      now: () => clock.at,
      maxAgeMs: 1000,
    });
    expect([await cache.get("a"), await cache.get("a")]).toEqual([T0 + 5000, T0 + 5000]);
  });

  it("takes the maximum age of each value from a function", async () => {
    const { cache, clock } = counting({ maxAgeMs: (value) => (value === 1 ? 0 : 50) });
    expect([await cache.get("a"), await cache.get("a")]).toEqual([1, 2]);
    clock.at += 49;
    expect(await cache.get("a")).toBe(2);
    clock.at += 1;
    expect(await cache.get("a")).toBe(3);
  });

  it("loads again after a failed load by default", async () => {
    const { cache, source } = counting();
    source.failing = true;
    await expect(cache.get("a")).rejects.toThrow("load 1 failed");
    source.failing = false;
    expect(await cache.get("a")).toBe(2);
  });

  it("throws the error of a failed load to all concurrent callers", async () => {
    const { cache, source } = counting();
    source.failing = true;
    const results = await Promise.allSettled([cache.get("a"), cache.get("a")]);
    expect([results.map(({ status }) => status), source.loads.get("a")]).toEqual([
      ["rejected", "rejected"],
      1,
    ]);
  });

  it("throws the same error again for the configured time after a failed load", async () => {
    const { cache, clock, source } = counting({ failureMaxAgeMs: 300 });
    source.failing = true;
    await expect(cache.get("a")).rejects.toThrow("load 1 failed");
    source.failing = false;
    clock.at += 299;
    await expect(cache.get("a")).rejects.toThrow("load 1 failed");
    clock.at += 1;
    expect(await cache.get("a")).toBe(2);
  });

  it("handles a synchronous error of a load like any failed load", async () => {
    const { cache } = counting({
      load: () => {
        throw new Error("at once");
      },
    });
    await expect(cache.get("a")).rejects.toThrow("at once");
    await expect(cache.get("a")).rejects.toThrow("at once");
  });

  it("loads again after the clock was set back, because the age of the value is unknown", async () => {
    const { cache, clock } = counting();
    await cache.get("a");
    clock.at -= 86_400_000;
    expect([await cache.get("a"), await cache.get("a")]).toEqual([2, 2]);
  });

  it("deletes a value only if the value is the current value of the key", async () => {
    const { cache } = counting();
    await cache.get("a");
    cache.delete("a", 1);
    expect(await cache.get("a")).toBe(2);
    cache.delete("a", 1);
    cache.delete("b", 1);
    expect(await cache.get("a")).toBe(2);
  });

  it("never returns a value that is too old, and never runs two loads of one key at the same time", async () => {
    const step = fc.record({
      ms: fc.integer({ min: -500, max: 2000 }),
      key: fc.constantFrom("a", "b"),
      limitMs: fc.option(fc.integer({ min: 0, max: 2000 }), { nil: undefined }),
      callers: fc.integer({ min: 1, max: 3 }),
      fails: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        let at = T0;
        let fails = false;
        const running = new Map<string, number>();
        const cache = createExpiringCache({
          load: async (key) => {
            running.set(key, (running.get(key) ?? 0) + 1);
            expect(running.get(key)).toBe(1);
            await Promise.resolve();
            running.set(key, 0);
            if (fails) throw new Error("failed");
            return { key, loadedAt: at };
          },
          now: () => at,
          maxAgeMs: 1000,
        });
        for (const { ms, key, limitMs, callers, fails: failsNow } of steps) {
          at += ms;
          fails = failsNow;
          const results = await Promise.allSettled(
            Array.from({ length: callers }, () => cache.get(key, limitMs)),
          );
          for (const result of results) {
            if (result.status === "rejected") continue;
            const ageMs = at - result.value.loadedAt;
            expect(result.value.key).toBe(key);
            expect(ageMs >= 0 && (ageMs === 0 || ageMs < Math.min(1000, limitMs ?? 1000))).toBe(true);
          }
        }
      }),
    );
  });
});

import type { Clock, Instant } from "./job.ts";

/** A cache that keeps one loaded value per key for a limited time. */
export interface ExpiringCache<Value> {
  /**
   * Returns the value for a key. If the value is missing or too old, the cache first loads the value. Simultaneous
   * calls for the same key load the value only once.
   * @param maxAgeMs the maximum age of the cached value for this call, in milliseconds.
   * @throws the error that the function `load` threw.
   */
  get(key: string, maxAgeMs?: number): Promise<Value>;
  /** Removes the value for a key from the cache, unless the cache contains another value than `value`. */
  delete(key: string, value: Value): void;
}

export interface ExpiringCacheOptions<Value> {
  readonly load: (key: string) => Promise<Value>;
  readonly now: Clock;
  /** The maximum age of a cached value in milliseconds, or a function that returns the maximum age of each value. */
  readonly maxAgeMs: number | ((value: Value) => number);
  /**
   * The time for which the cache remembers that `load` failed, in milliseconds. During this time, each call of `get`
   * throws the error again. The default is 0.
   */
  readonly failureMaxAgeMs?: number;
}

interface Entry<Value> {
  readonly result: { readonly value: Value } | { readonly error: unknown };
  readonly loadedAt: Instant;
  readonly maxAgeMs: number;
}

/**
 * Creates an empty cache. The cache does not use a value that is older than `maxAgeMs`. The age of a cached value is
 * the time since the value was loaded.
 */
export function createExpiringCache<Value>(options: ExpiringCacheOptions<Value>): ExpiringCache<Value> {
  const { load, now, maxAgeMs, failureMaxAgeMs = 0 } = options;
  const entries = new Map<string, Entry<Value>>();
  const loads = new Map<string, Promise<Entry<Value>>>();

  const loadEntry = async (key: string): Promise<Entry<Value>> => {
    try {
      const value = await load(key);
      const limitMs = typeof maxAgeMs === "number" ? maxAgeMs : maxAgeMs(value);
      return { result: { value }, loadedAt: now(), maxAgeMs: limitMs };
    } catch (error) {
      return { result: { error }, loadedAt: now(), maxAgeMs: failureMaxAgeMs };
    }
  };

  const loadOnce = async (key: string): Promise<Entry<Value>> => {
    const underWay = loads.get(key);
    if (underWay !== undefined) return underWay;
    const started = loadEntry(key);
    loads.set(key, started);
    const entry = await started;
    loads.delete(key);
    entries.set(key, entry);
    return entry;
  };

  const isYoung = (entry: Entry<Value>, limitMs: number): boolean => {
    const ageMs = now() - entry.loadedAt;
    // If the age is negative, somebody has set the clock back.
    return ageMs >= 0 && ageMs < Math.min(entry.maxAgeMs, limitMs);
  };

  return {
    async get(key, limitMs = Number.POSITIVE_INFINITY) {
      const known = entries.get(key);
      const { result } = known !== undefined && isYoung(known, limitMs) ? known : await loadOnce(key);
      if ("error" in result) throw result.error;
      return result.value;
    },
    delete(key, value) {
      const result = entries.get(key)?.result;
      if (result !== undefined && "value" in result && result.value === value) entries.delete(key);
    },
  };
}

import type { Instant } from "./job.ts";

/** Keeps loaded values for a while, one value per key. */
export interface ExpiringCache<Value> {
  /**
   * Returns the value of a key. Loads the value when the cache has none that is young enough.
   * Concurrent calls for one key share one load.
   * @param maxAgeMs accepts only a value that was loaded less than this many milliseconds ago.
   * @throws what `load` threw.
   */
  get(key: string, maxAgeMs?: number): Promise<Value>;
  /** Removes a value. Does nothing when the cache already has another value for the key. */
  delete(key: string, value: Value): void;
}

export interface ExpiringCacheOptions<Value> {
  readonly load: (key: string) => Promise<Value>;
  readonly now: () => Instant;
  /** How long a value is used after it was loaded. A function answers for each value, at the time of its load. */
  readonly maxAgeMs: number | ((value: Value) => number);
  /** How long a failed load is repeated to callers instead of a new load. The default is 0. */
  readonly failureMaxAgeMs?: number;
}

interface Entry<Value> {
  readonly result: { readonly value: Value } | { readonly error: unknown };
  readonly loadedAt: Instant;
  readonly maxAgeMs: number;
}

/** Creates an empty cache. The age of a value starts when its load ends. */
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
    // The age is negative after the clock was set back. Then the true age is unknown.
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

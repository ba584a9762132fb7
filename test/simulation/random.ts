/** A seeded source of chance: everything a run leaves to chance is drawn from one of these, in order. */
export interface Chance {
  /** In [0, 1). */
  readonly next: () => number;
  readonly happens: (probability: number) => boolean;
  /** A whole number from `min` to `max`, both included. */
  readonly between: (min: number, max: number) => number;
  readonly pick: <T>(of: readonly [T, ...T[]]) => T;
}

/** "mulberry32" (T. Ettinger, public domain): 32 bits of state, good enough to draw faults, the same everywhere. */
export function createChance(seed: number): Chance {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  return {
    next,
    happens: (probability) => probability > 0 && next() < probability,
    between: (min, max) => min + Math.floor(next() * (max - min + 1)),
    pick: (of) => of[Math.floor(next() * of.length)] ?? of[0],
  };
}

/** A random generator with a seed. The same seed always gives the same random numbers in the same order. */
export interface RandomSource {
  /** Returns a random number from 0 to less than 1. */
  readonly next: () => number;
  readonly happens: (probability: number) => boolean;
  /** Returns an integer from `min` to `max`, including both. */
  readonly between: (min: number, max: number) => number;
  readonly pick: <T>(of: readonly [T, ...T[]]) => T;
}

/**
 * The generator is "mulberry32" (T. Ettinger, public domain). The generator returns the same numbers for a seed on
 * every machine.
 */
export function createRandomSource(seed: number): RandomSource {
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

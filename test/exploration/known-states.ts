import type { State } from "./state-parts.ts";
import type { States } from "./states.ts";

/** The states that an exploration has reached, each with how it was reached. */
export interface KnownStates {
  /**
   * Adds a state. Returns the number of the arrival, or null if a known arrival at a state with the same key allows all
   * schedules of the new one.
   */
  add(state: State, reached: Reached): number | null;
  /** Returns the state of an arrival, or null if a later arrival allows all its schedules. */
  stateOf(arrival: number): State | null;
  /** Returns how a state was reached. */
  reachedOf(arrival: number): Reached;
}

/** How a schedule reached a state. */
export interface Reached {
  /** The number of preemptions. */
  readonly level: number;
  readonly steps: number;
  /** The number of the arrival before, or -1. */
  readonly before: number;
  /** The index of the step in the state before. */
  readonly choice: number;
  /** The number of steps after which the chosen invocation crashed, see `RunEnd`. */
  readonly crashAfter: number | null;
}

/** What two states with the same key may differ in. */
export interface Arrival {
  /** Two states with equal keys allow the same later steps, except for the other differences. */
  readonly key: number;
  /** The number of what the invocation has read that ran last and has not ended, or -1. */
  readonly current: number;
  /** The number of the list of messages that can be delivered a second time. */
  readonly seconds: number;
}

/** The columns of the table of arrivals. One row is one arrival. The table is large, so it is not made of objects. */
const COLUMNS = 11;
const [NEXT, SHARED, RUNNING, CURRENT, SECONDS, READ, READ_SECONDS, BEFORE, CHOICE, STEPS, LEVEL] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
] as const;
const [SWEPT, CRASHED, COVERED] = [1, 2, 4];

export function createKnownStates(
  states: States,
  arrivalOf: (state: State) => Arrival,
  includes: (a: number, b: number) => boolean,
): KnownStates {
  const heads = createNumberMap();
  let table = new Int32Array(COLUMNS * 1024);
  let size = 0;
  const read = (row: number, column: number): number => table[row * COLUMNS + column] as number;

  /**
   * Returns true if every schedule that continues from `b` also continues from `a`, with the same number of preemptions
   * or fewer. Both states have the same key.
   *
   * - A second delivery, the crash and the sweep are possible but never necessary. Therefore the state with more of them
   *   allows more. Time can pass without the second deliveries that are left.
   * - In `a`, the scheduler can continue any invocation that continues in `b`. At most, this costs one preemption more
   *   than in `b`. Therefore the running invocations need not be equal if `a` has fewer preemptions than `b`.
   * - In `b`, the running invocation can crash, but not in `a`, where it is interrupted. The crash before the
   *   interruption leads to the same state.
   */
  function covers(a: number, b: number): boolean {
    const [levelA, levelB] = [read(a, LEVEL) >> 3, read(b, LEVEL) >> 3];
    if (levelA > levelB || (read(a, LEVEL) & ~read(b, LEVEL) & (SWEPT | CRASHED)) !== 0) return false;
    if (levelA === levelB) {
      if (read(a, STEPS) > read(b, STEPS)) return false;
      if (read(a, READ) !== -1 && read(a, READ) !== read(b, READ)) return false;
    }
    return includes(read(a, READ_SECONDS), read(b, READ_SECONDS));
  }

  function write(state: State, { current, seconds }: Arrival, reached: Reached): void {
    if ((size + 1) * COLUMNS > table.length)
      table = new Int32Array(table.buffer.transfer(table.byteLength * 2));
    const at = size * COLUMNS;
    const { level, steps, before, choice, crashAfter } = reached;
    table[at + NEXT] = -1;
    table[at + SHARED] = state.shared.id;
    table[at + RUNNING] = state.running.id;
    table[at + CURRENT] = state.current?.id ?? -1;
    table[at + SECONDS] = state.seconds.id;
    table[at + READ] = current;
    table[at + READ_SECONDS] = seconds;
    table[at + BEFORE] = before;
    table[at + CHOICE] = choice * 256 + (crashAfter ?? -1) + 1;
    table[at + STEPS] = steps;
    table[at + LEVEL] = level * 8 + (state.hasSwept ? SWEPT : 0) + (state.hasCrashed ? CRASHED : 0);
  }

  return {
    add(state, reached) {
      const arrival = arrivalOf(state);
      write(state, arrival, reached);
      const head = heads.get(arrival.key);
      for (let other = head; other !== -1; other = read(other, NEXT)) if (covers(other, size)) return null;
      let next = head;
      let last = -1;
      for (let other = head; other !== -1; other = read(other, NEXT)) {
        if (!covers(size, other)) {
          last = other;
          continue;
        }
        table[other * COLUMNS + LEVEL] = read(other, LEVEL) | COVERED;
        if (last === -1) next = read(other, NEXT);
        else table[last * COLUMNS + NEXT] = read(other, NEXT);
      }
      table[size * COLUMNS + NEXT] = next;
      heads.set(arrival.key, size);
      size += 1;
      return size - 1;
    },
    stateOf(arrival) {
      const flags = read(arrival, LEVEL);
      if ((flags & COVERED) !== 0) return null;
      return {
        shared: states.shared[read(arrival, SHARED)] as State["shared"],
        running: states.running[read(arrival, RUNNING)] as State["running"],
        current: states.invocations[read(arrival, CURRENT)] ?? null,
        seconds: states.seconds[read(arrival, SECONDS)] as State["seconds"],
        hasSwept: (flags & SWEPT) !== 0,
        hasCrashed: (flags & CRASHED) !== 0,
      };
    },
    reachedOf(arrival) {
      const choice = read(arrival, CHOICE);
      const crashAfter = (choice & 255) - 1;
      return {
        level: read(arrival, LEVEL) >> 3,
        steps: read(arrival, STEPS),
        before: read(arrival, BEFORE),
        choice: choice >> 8,
        crashAfter: crashAfter === -1 ? null : crashAfter,
      };
    },
  };
}

/** Creates a map of numbers that are not negative to numbers. A `Map` contains at most 2^24 entries. */
function createNumberMap(): { get(key: number): number; set(key: number, value: number): void } {
  let keys = new Float64Array(1024).fill(-1);
  let values = new Int32Array(1024);
  let size = 0;

  const bucketOf = (key: number): number => {
    const mask = keys.length - 1;
    const mixed = Math.imul(key ^ Math.imul(key / 2 ** 26, 0x9e3779b1), 0x85ebca6b);
    let bucket = (mixed ^ (mixed >>> 15)) & mask;
    while (keys[bucket] !== -1 && keys[bucket] !== key) bucket = (bucket + 1) & mask;
    return bucket;
  };
  const grow = (): void => {
    const [oldKeys, oldValues] = [keys, values];
    keys = new Float64Array(oldKeys.length * 2).fill(-1);
    values = new Int32Array(keys.length);
    for (const [i, key] of oldKeys.entries()) {
      if (key === -1) continue;
      const bucket = bucketOf(key);
      keys[bucket] = key;
      values[bucket] = oldValues[i] as number;
    }
  };
  return {
    get(key) {
      const bucket = bucketOf(key);
      return keys[bucket] === -1 ? -1 : (values[bucket] as number);
    },
    set(key, value) {
      const bucket = bucketOf(key);
      if (keys[bucket] === -1) size += 1;
      keys[bucket] = key;
      values[bucket] = value;
      if (size * 2 > keys.length) grow();
    },
  };
}

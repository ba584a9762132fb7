/** How a schedule reached a state. Two states with the same key may differ in it. */
export interface Arrival {
  /** The number of preemptions. */
  readonly level: number;
  readonly steps: number;
  /** The name of the invocation that ran last and has not ended. */
  readonly current: string | null;
  /** The messages that can be delivered a second time. */
  readonly unrepeated: readonly number[];
  readonly hasSwept: boolean;
  readonly hasCrashed: boolean;
  /** A later arrival allows all schedules of this arrival. */
  isCovered: boolean;
}

/** The states that an exploration has reached. */
export interface KnownStates {
  /** Adds a state. Returns null if a known arrival at a state with the same key allows all schedules of the new one. */
  add(key: string, arrival: Omit<Arrival, "isCovered">): Arrival | null;
}

export function createKnownStates(): KnownStates {
  const known = new Map<string, readonly Arrival[]>();
  return {
    add(key, wanted) {
      const arrival = { ...wanted, isCovered: false };
      const others = known.get(key) ?? [];
      if (others.some((other) => covers(other, arrival))) return null;
      for (const other of others) other.isCovered = covers(arrival, other);
      known.set(key, [...others.filter((other) => !other.isCovered), arrival]);
      return arrival;
    },
  };
}

/**
 * Returns true if every schedule that continues from `b` also continues from `a`, with the same number of preemptions or
 * fewer. Both states have the same key.
 *
 * - A second delivery, the crash and the sweep are possible but never necessary. Therefore the state with more of them
 *   allows more. Time can pass without the second deliveries that are left.
 * - In `a`, the scheduler can continue any invocation that continues in `b`. At most, this costs one preemption more than
 *   in `b`. Therefore the running invocations need not be equal if `a` has fewer preemptions than `b`.
 * - In `b`, the running invocation can crash, but not in `a`, where it is interrupted. The crash before the interruption
 *   leads to the same state.
 */
function covers(a: Arrival, b: Arrival): boolean {
  if (a.level > b.level || (a.hasSwept && !b.hasSwept) || (a.hasCrashed && !b.hasCrashed)) return false;
  if (a.level === b.level && (a.steps > b.steps || (a.current !== null && a.current !== b.current)))
    return false;
  return b.unrepeated.every((message) => a.unrepeated.includes(message));
}

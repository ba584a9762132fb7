import type { Chance } from "./random.ts";
import type { Mishap, World } from "./world.ts";

/** How often each thing goes wrong, per opportunity. */
export interface FaultRates {
  /** Per effect: the invocation ends just before it, or just after. */
  readonly crash: number;
  /** Per effect: the instance freezes, and goes on long after. */
  readonly freeze: number;
  /** Per effect: the answer takes seconds, perhaps more than the function has. */
  readonly slow: number;
  /** Per request to the ledger or a queue. */
  readonly throttled: number;
  readonly timedOut: number;
  /** Per request to the ledger: it wrote, the answer was lost, and the SDK asked again. */
  readonly repeated: number;
  /** Per message of a batch that is sent. */
  readonly entryFailed: number;
  /** Per message received: it is handed out once more soon, although it is being worked on. */
  readonly duplicated: number;
  /** Per message deleted: it comes back once more. */
  readonly undead: number;
  /** Per message sent: it takes long to appear. */
  readonly late: number;
  /** Per invocation of a function fed by a queue: its answer is not understood, so the whole batch comes back. */
  readonly malformedAnswer: number;
  /** Per poll: anything but a job. */
  readonly cce: number;
  /** Per attempt: anything but taken and heard. */
  readonly receiver: number;
}

export const NO_FAULTS: FaultRates = {
  crash: 0,
  freeze: 0,
  slow: 0,
  throttled: 0,
  timedOut: 0,
  repeated: 0,
  entryFailed: 0,
  duplicated: 0,
  undead: 0,
  late: 0,
  malformedAnswer: 0,
  cce: 0,
  receiver: 0,
};

const MOST: FaultRates = {
  crash: 0.06,
  freeze: 0.03,
  slow: 0.08,
  throttled: 0.08,
  timedOut: 0.08,
  repeated: 0.05,
  entryFailed: 0.3,
  duplicated: 0.2,
  undead: 0.1,
  late: 0.1,
  malformedAnswer: 0.1,
  cce: 0.5,
  receiver: 0.5,
};

/** Each seed has some kinds of faults, each at a rate of its own: rare ones alone find what a storm would hide. */
export function drawRates(chance: Chance): FaultRates {
  const entries = Object.entries(MOST).map(([name, most]) => [
    name,
    chance.happens(0.5) ? most * chance.next() : 0,
  ]);
  return { ...NO_FAULTS, ...Object.fromEntries(entries) };
}

/** What goes wrong at one effect, by chance. */
export function chanceMishap(rates: FaultRates): (index: number, label: string, world: World) => Mishap {
  return (_index, _label, world) => {
    if (world.now() >= world.faultsEndAt()) return { kind: "none" };
    const drawn = world.chance.next();
    if (drawn < rates.crash / 2) return { kind: "crash_before" };
    if (drawn < rates.crash) return { kind: "crash_after" };
    if (drawn < rates.crash + rates.freeze)
      return { kind: "freeze", ms: world.chance.between(1_000, 900_000) };
    return { kind: "none" };
  };
}

/** How long one effect takes, in milliseconds. What has a deadline of its own keeps it. */
export function chanceLatency(rates: FaultRates): (world: World, label: string) => number {
  return (world, label) => {
    const { chance } = world;
    const slow = world.now() < world.faultsEndAt() && chance.happens(rates.slow);
    if (label.startsWith("cce.") || label === "deliver")
      return slow ? chance.between(4_000, 9_900) : chance.between(20, 800);
    return slow ? chance.between(1_000, 20_000) : chance.between(2, 25);
  };
}

/** The rates while there are faults, none after. */
export function ratesNow(world: World, rates: FaultRates): FaultRates {
  return world.now() < world.faultsEndAt() ? rates : NO_FAULTS;
}

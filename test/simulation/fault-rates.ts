import type { RandomSource } from "../../local/random-source.ts";
import type { EffectFault, Simulation } from "./simulation.ts";

/** The probability of each fault, from 0 to 1. */
export interface FaultRates {
  /** Per effect: the invocation crashes before or after the effect. */
  readonly crash: number;
  /** Per effect: the instance freezes and continues much later. */
  readonly freeze: number;
  /** Per effect: the answer takes seconds, possibly longer than the time limit of the function. */
  readonly slow: number;
  /** Per request to the ledger or a queue. */
  readonly throttled: number;
  readonly timedOut: number;
  /** Per request to the ledger: the answer was lost after the write, and the SDK repeated the request. */
  readonly repeated: number;
  /** Per message of a batch: SQS refuses the message. */
  readonly entryFailed: number;
  /** Per received message: SQS delivers the message again during the processing of the message. */
  readonly duplicated: number;
  /** Per deleted message: SQS delivers the message again. */
  readonly undead: number;
  /** Per sent message: SQS delivers the message late. */
  readonly late: number;
  /** Per batch: the answer of the function is malformed, so SQS delivers the whole batch again. */
  readonly malformedAnswer: number;
  /** Per poll: CCE does not return the job. */
  readonly cce: number;
  /** Per delivery attempt: the receiver refuses the notification, or its answer is lost. */
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

const MAX_RATES: FaultRates = {
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

/** Draws the rates of one seed. Half of the faults have rate 0, because many faults at once would hide some bugs. */
export function drawRates(random: RandomSource): FaultRates {
  const entries = Object.entries(MAX_RATES).map(([name, rate]) => [
    name,
    random.happens(0.5) ? rate * random.next() : 0,
  ]);
  return { ...NO_FAULTS, ...Object.fromEntries(entries) };
}

/** Returns a function that draws the fault of each effect. */
export function drawEffectFault(
  rates: FaultRates,
): (index: number, label: string, simulation: Simulation) => EffectFault {
  return (_index, _label, simulation) => {
    if (simulation.now() >= simulation.faultsEndAt()) return { kind: "none" };
    const drawn = simulation.random.next();
    if (drawn < rates.crash / 2) return { kind: "crash_before" };
    if (drawn < rates.crash) return { kind: "crash_after" };
    if (drawn < rates.crash + rates.freeze)
      return { kind: "freeze", ms: simulation.random.between(1_000, 900_000) };
    return { kind: "none" };
  };
}

/** Returns a function that draws the milliseconds of each effect. A request with a deadline ends before its deadline. */
export function drawLatency(rates: FaultRates): (simulation: Simulation, label: string) => number {
  return (simulation, label) => {
    const { random } = simulation;
    const slow = simulation.now() < simulation.faultsEndAt() && random.happens(rates.slow);
    if (label.startsWith("cce.") || label === "deliver")
      return slow ? random.between(4_000, 9_900) : random.between(20, 800);
    return slow ? random.between(1_000, 20_000) : random.between(2, 25);
  };
}

/** Returns the rates at the current time. All rates are 0 after the end of the faults. */
export function ratesNow(simulation: Simulation, rates: FaultRates): FaultRates {
  return simulation.now() < simulation.faultsEndAt() ? rates : NO_FAULTS;
}

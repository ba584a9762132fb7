import { T0 } from "../simulation/draw-inputs.ts";
import type { Plant } from "../simulation/plant.ts";
import { checkSystem } from "./check-system.ts";
import { listChoices } from "./list-choices.ts";
import { createPositions } from "./positions.ts";
import { createStateKeys } from "./state-keys.ts";
import { type CallName, createSystem, type System } from "./system.ts";

/** What the caller calls, one call after the other. */
export const CALLS = {
  none: ["submit"],
  stop: ["submit", "stop"],
  restart: ["submit", "stop", "submit"],
  redelivery: ["submit", "redeliver"],
} as const satisfies Record<string, readonly CallName[]>;

export interface ExploreOptions {
  readonly calls: readonly CallName[];
  readonly plant: Plant;
  /** The largest number of preemptions in one schedule. */
  readonly preemptions: number;
}

export interface Exploration {
  /** The schedules that reached their end, or a state that was already known. */
  readonly schedules: number;
  readonly states: number;
  readonly finalStates: number;
  /** The first violation: one with the fewest preemptions, and among these with the fewest steps. */
  readonly violation: {
    readonly schedule: readonly string[];
    readonly preemptions: number;
    readonly faults: readonly string[];
  } | null;
}

/** No schedule has as many steps. */
const MAX_STEPS = 10_000;

interface Node {
  readonly system: System;
  readonly key: string;
  readonly trace: Trace | null;
}

interface Trace {
  readonly label: string;
  readonly before: Trace | null;
}

/**
 * Explores all schedules of the small system with a bounded number of preemptions. States with fewer preemptions are
 * visited first, and among them those with fewer steps. Each state is visited once, with the smallest possible number
 * of preemptions. A later visit would allow no further schedule, so it is cut off.
 */
export async function exploreSchedules({ calls, plant, preemptions }: ExploreOptions): Promise<Exploration> {
  const keys = createStateKeys();
  const rules = { calls, plant, positions: createPositions(), keys, answers: new Map() };
  /** For each known state, the smallest known number of preemptions and then of steps, as one number. */
  const known = new Map<string, number>();
  const checked = new Set<string>();
  let [schedules, states, finalStates] = [0, 0, 0];
  /** The nodes to visit, by number of preemptions and number of steps. */
  const levels: Node[][][] = Array.from({ length: preemptions + 1 }, () => []);
  const add = (level: number, steps: number, system: System, trace: Trace | null): void => {
    const key = keys.keyOf(system);
    const rank = level * MAX_STEPS + steps;
    if ((known.get(key) ?? Number.POSITIVE_INFINITY) <= rank) {
      schedules += 1;
      return;
    }
    known.set(key, rank);
    const bySteps = levels[level] ?? [];
    const nodes = bySteps[steps] ?? [];
    nodes.push({ system, key, trace });
    bySteps[steps] = nodes;
  };
  const result = (violation: Exploration["violation"]): Exploration => ({
    schedules,
    states,
    finalStates,
    violation,
  });
  const check = (system: System): readonly string[] => {
    const isOver = isQuiet(system, calls);
    const key = `${isOver} ${keys.checkKeyOf(system)}`;
    if (checked.has(key)) return [];
    checked.add(key);
    return checkSystem(system, isOver);
  };
  add(0, 0, createSystem(T0), null);
  for (const [level, bySteps] of levels.entries()) {
    for (let steps = 0; steps < bySteps.length; steps += 1) {
      const nodes = bySteps[steps] ?? [];
      bySteps[steps] = [];
      for (const { system, key, trace } of nodes) {
        if (known.get(key) !== level * MAX_STEPS + steps) continue;
        states += 1;
        const faults = check(system);
        if (faults.length > 0) return result({ schedule: scheduleOf(trace), preemptions: level, faults });
        const choices = listChoices(system, rules);
        if (choices.length === 0) {
          schedules += 1;
          finalStates += 1;
        }
        for (const choice of choices) {
          const next = level + choice.preemptions;
          if (next <= preemptions)
            add(next, steps + 1, await choice.take(), { label: choice.label, before: trace });
        }
      }
    }
  }
  return result(null);
}

/** Returns true if nothing is running, queued or still to be called. A later sweep or second delivery must not be needed. */
function isQuiet({ invocations, queues, caller }: System, calls: readonly CallName[]): boolean {
  return (
    invocations.length === 0 &&
    queues.poll.messages.length === 0 &&
    queues.notify.messages.length === 0 &&
    caller.call === calls.length
  );
}

function scheduleOf(trace: Trace | null): string[] {
  const labels: string[] = [];
  for (let at = trace; at !== null; at = at.before) labels.push(at.label);
  return labels.reverse();
}

import { T0 } from "../simulation/draw-inputs.ts";
import type { Plant } from "../simulation/plant.ts";
import { checkSystem } from "./check-system.ts";
import { type Arrival, createKnownStates } from "./known-states.ts";
import { listChoices } from "./list-choices.ts";
import { createPositions } from "./positions.ts";
import { runToEnd } from "./runs.ts";
import { createStateKeys } from "./state-keys.ts";
import type { Rules } from "./steps.ts";
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
  /** The state before the first step. By default, one sweep and one crash are possible. */
  readonly start?: System;
  /**
   * By default, the exploration omits the states and schedules that add nothing. If `isReduced` is false, the exploration
   * omits only states that were reached before.
   */
  readonly isReduced?: boolean;
}

export interface Exploration {
  /** The schedules that reached their end, or a state that was already known. */
  readonly schedules: number;
  readonly states: number;
  /** The different states in which nothing is running, queued or still to be called, as texts. */
  readonly finalStates: readonly string[];
  /** The first violation: one with the fewest preemptions, and among these with the fewest steps. */
  readonly violation: Violation | null;
}

export interface Violation {
  readonly schedule: readonly string[];
  readonly preemptions: number;
  readonly faults: readonly string[];
}

interface Node {
  readonly system: System;
  readonly arrival: Arrival;
  readonly trace: Trace | null;
}

/** How a state was reached. The labels of the steps are found again when they are needed, because they use memory. */
interface Trace {
  /** The index of the choice in the state before. */
  readonly choice: number;
  /** The number of steps after which the chosen invocation crashed, see `RunEnd`. */
  readonly crashAfter: number | null;
  readonly before: Trace | null;
}

interface Found {
  readonly level: number;
  readonly steps: number;
  readonly trace: Trace | null;
  readonly faults: readonly string[];
}

/**
 * Explores all schedules of the small system with a bounded number of preemptions. States with fewer preemptions are
 * visited first, and among them those with fewer steps. A state is not visited if a known state allows all its
 * schedules. If no preemption is left, an invocation runs to its end in one step of the exploration.
 */
export async function exploreSchedules(options: ExploreOptions): Promise<Exploration> {
  const { calls, plant, preemptions, start = createSystem(T0), isReduced = true } = options;
  const keys = createStateKeys(isReduced);
  const caches = { answers: new Map(), deliveries: new Map(), removals: new Map() };
  const rules: Rules = { calls, plant, positions: createPositions(keys.numberOf), keys, ...caches };
  const known = createKnownStates();
  const checked = new Set<string>();
  const finalStates = new Set<string>();
  let [schedules, states] = [0, 0];
  let found: Found | null = null;
  /** The nodes to visit, by number of preemptions and number of steps. */
  const levels: Node[][][] = Array.from({ length: preemptions + 1 }, () => []);

  const isBest = (level: number, steps: number): boolean =>
    found === null || level < found.level || (level === found.level && steps < found.steps);
  const report = (violation: Found): void => {
    if (violation.faults.length > 0 && isBest(violation.level, violation.steps)) found = violation;
  };
  const check = (system: System): readonly string[] => {
    const isOver = isQuiet(system, calls);
    const key = `${isOver} ${keys.checkKeyOf(system)}`;
    if (checked.has(key)) return [];
    const faults = checkSystem(system, isOver);
    if (faults.length === 0) checked.add(key);
    return faults;
  };
  const add = (level: number, steps: number, system: System, trace: Trace | null): void => {
    const arrival = known.add(keys.keyOf(system), { ...keys.arrivalOf(system), level, steps });
    if (arrival === null) {
      schedules += 1;
      return;
    }
    const bySteps = levels[level] ?? [];
    const nodes = bySteps[steps] ?? [];
    nodes.push({ system, arrival, trace });
    bySteps[steps] = nodes;
  };
  const addRun = async (level: number, steps: number, started: System, trace: Trace): Promise<void> => {
    for (const { system, crashAfter, faults, ...run } of await runToEnd(started, rules, check)) {
      const after = { level, steps: steps + run.steps, trace: { ...trace, crashAfter } };
      report({ ...after, faults });
      if (faults.length === 0) add(level, after.steps, system, after.trace);
    }
  };

  add(0, 0, start, null);
  for (const [level, bySteps] of levels.entries()) {
    for (let steps = 0; steps < bySteps.length && isBest(level, steps); steps += 1) {
      const nodes = bySteps[steps] ?? [];
      bySteps[steps] = [];
      for (const { system, arrival, trace } of nodes) {
        if (arrival.isCovered) continue;
        states += 1;
        report({ level, steps, trace, faults: check(system) });
        const choices = listChoices(system, rules);
        if (choices.length === 0) schedules += 1;
        if (isQuiet(system, calls)) finalStates.add(keys.textOf(system));
        for (const [choice, { preemptions: cost, take }] of choices.entries()) {
          const next = level + cost;
          if (next > preemptions) continue;
          const reached = { choice, crashAfter: null, before: trace };
          if (isReduced && next === preemptions) await addRun(next, steps + 1, await take(), reached);
          else add(next, steps + 1, await take(), reached);
        }
      }
    }
  }
  const violation = found && (await describeViolation(found, start, rules, isReduced ? preemptions : null));
  return { schedules, states, finalStates: [...finalStates].toSorted(), violation };
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

/**
 * Repeats a schedule from its first step, to describe its steps.
 * @param runsFrom the number of preemptions from which invocations ran to their ends, or null
 */
async function describeViolation(
  { level, trace, faults }: Found,
  start: System,
  rules: Rules,
  runsFrom: number | null,
): Promise<Violation> {
  const path: Trace[] = [];
  for (let at = trace; at !== null; at = at.before) path.unshift(at);
  const schedule: string[] = [];
  let system = start;
  let preemptions = 0;
  const take = async (index: number): Promise<void> => {
    const choice = listChoices(system, rules)[index];
    if (choice === undefined) throw new Error("The schedule cannot be repeated.");
    schedule.push(choice.label);
    preemptions += choice.preemptions;
    system = await choice.take();
  };
  for (const { choice, crashAfter } of path) {
    await take(choice);
    if (preemptions !== runsFrom) continue;
    for (let steps = 0; system.current !== null && checkSystem(system, false).length === 0; steps += 1)
      // The first choice continues the current invocation, and the second choice is its crash.
      await take(steps === crashAfter ? 1 : 0);
  }
  return { schedule, preemptions: level, faults };
}

import { T0 } from "../simulation/draw-inputs.ts";
import type { Plant } from "../simulation/plant.ts";
import { createArrivals } from "./arrivals.ts";
import { checkSystem } from "./check-system.ts";
import { createKnownStates, type Reached } from "./known-states.ts";
import { describeAction, listActions } from "./list-actions.ts";
import { createObsoleteWork } from "./obsolete-work.ts";
import { createPositions } from "./positions.ts";
import { createStateKeys } from "./state-keys.ts";
import type { Core, State } from "./state-parts.ts";
import { createStates } from "./states.ts";
import type { Rules } from "./steps.ts";
import { type CallName, createSystem, type System } from "./system.ts";
import { createTransitions, type Transitions } from "./transitions.ts";

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
  /** If true, an interrupted function ends at its time limit, as in Lambda. By default, it can continue at any time. */
  readonly hasTimeLimit?: boolean;
  /**
   * By default, the exploration omits the states and schedules that add nothing. If `isReduced` is false, the exploration
   * omits only states that were reached before.
   */
  readonly isReduced?: boolean;
  /**
   * If defined, the exploration visits states that differ only in what no later step reads one by one. The function
   * receives a text for what later steps read of each visited state, and such texts for the states after its steps.
   */
  readonly onVisit?: (state: string, after: readonly string[]) => void;
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

interface Found {
  readonly level: number;
  readonly steps: number;
  readonly reached: Reached | null;
  readonly faults: readonly string[];
}

/**
 * Explores all schedules of the small system with a bounded number of preemptions. States with fewer preemptions are
 * visited first, and among them those with fewer steps. A state is not visited if a known state allows all its
 * schedules. If no preemption is left, an invocation runs to its end in one step of the exploration.
 */
export async function exploreSchedules(options: ExploreOptions): Promise<Exploration> {
  const {
    calls,
    plant,
    preemptions,
    start = createSystem(T0),
    hasTimeLimit = false,
    isReduced = true,
    onVisit,
  } = options;
  const hasReducedKeys = isReduced && onVisit === undefined;
  const keys = createStateKeys(hasReducedKeys);
  const caches = { answers: new Map(), removals: new Map(), webhookIds: new Map() };
  const rules: Rules = {
    calls,
    plant,
    hasTimeLimit,
    positions: createPositions(keys.numberOf),
    keys,
    ...caches,
  };
  const states = createStates(keys);
  const arrivals = createArrivals(keys, hasReducedKeys);
  const known = createKnownStates(states, arrivals.arrivalOf, arrivals.includes);
  const check = createCheck();
  const transitions = createTransitions(rules, states, (core) => check(core, false), isReduced);
  const obsoleteWork = createObsoleteWork(states, transitions, keys, calls);
  const settle: Settle = isReduced ? obsoleteWork.remove : (state) => state;
  /** The states in which nothing is running, queued or still to be called, by number. */
  const finalStates = new Map<number, string>();
  let [schedules, visited] = [0, 0];
  let found: Found | null = null;
  /** The arrivals to visit, by number of preemptions and number of steps. */
  const levels: number[][][] = Array.from({ length: preemptions + 1 }, () => []);

  const isBest = (level: number, steps: number): boolean =>
    found === null || level < found.level || (level === found.level && steps < found.steps);
  const report = (violation: Found): void => {
    if (violation.faults.length > 0 && isBest(violation.level, violation.steps)) found = violation;
  };
  /** The violations of the visited state, and texts for the states after its steps. */
  let afterVisited: string[] = [];
  const add = (state: State, reached: Reached): void => {
    if (onVisit !== undefined) afterVisited.push(`${reached.level} ${arrivals.textOf(state)}`);
    const arrival = known.add(state, reached);
    if (arrival === null) {
      schedules += 1;
      return;
    }
    const bySteps = levels[reached.level] ?? [];
    bySteps[reached.steps] ??= [];
    bySteps[reached.steps]?.push(arrival);
  };
  const addRun = async (started: State, reached: Reached): Promise<void> => {
    const run = transitions.runToEnd(started);
    for (const { state, faults, ...end } of run instanceof Promise ? await run : run) {
      const after = { ...reached, steps: reached.steps + end.steps, crashAfter: end.crashAfter };
      report({ level: after.level, steps: after.steps, reached: after, faults });
      afterVisited.push(...faults);
      if (faults.length > 0) continue;
      const settled = settle(state);
      add(settled instanceof Promise ? await settled : settled, after);
    }
  };
  const visit = async (arrival: number, state: State, level: number, steps: number): Promise<void> => {
    visited += 1;
    const isOver = isQuiet(state, calls);
    const { core } = state.shared;
    const faults = check(core, isOver);
    report({ level, steps, reached: known.reachedOf(arrival), faults });
    afterVisited = [...faults];
    if (isOver && !finalStates.has(arrivals.coreNumberOf(state)))
      finalStates.set(arrivals.coreNumberOf(state), keys.textOf(core.system, core.isOver));
    const actions = listActions(state, calls);
    if (actions.length === 0) schedules += 1;
    for (const [choice, action] of actions.entries()) {
      const next = level + action.preemptions;
      if (next > preemptions) continue;
      const reached = { level: next, steps: steps + 1, before: arrival, choice, crashAfter: null };
      const taken = transitions.take(state, action);
      const after = taken instanceof Promise ? await taken : taken;
      if (isReduced && next === preemptions) {
        await addRun(after, reached);
        continue;
      }
      const settled = settle(after);
      add(settled instanceof Promise ? await settled : settled, reached);
    }
    onVisit?.(`${level} ${arrivals.textOf(state)}`, afterVisited);
  };

  const first = { level: 0, steps: 0, before: -1, choice: 0, crashAfter: null };
  add(states.stateOf(start), first);
  for (const [level, bySteps] of levels.entries()) {
    for (let steps = 0; steps < bySteps.length && isBest(level, steps); steps += 1) {
      const waiting = bySteps[steps] ?? [];
      bySteps[steps] = [];
      for (const arrival of waiting) {
        const state = known.stateOf(arrival);
        if (state !== null) await visit(arrival, state, level, steps);
      }
    }
  }
  const describe = ({ level, reached, faults }: Found): Promise<Violation> => {
    const path: Reached[] = [];
    for (let at = reached; at !== null && at.before !== -1; at = known.reachedOf(at.before)) path.unshift(at);
    return describeViolation(
      { level, path, faults },
      {
        start: states.stateOf(start),
        transitions,
        settle,
        calls,
        check,
        runsFrom: isReduced ? preemptions : null,
      },
    );
  };
  const violation = found && (await describe(found));
  return {
    schedules,
    states: visited,
    finalStates: [...new Set(finalStates.values())].toSorted(),
    violation,
  };
}

/** Returns the violations of a state. */
type Check = (core: Core, isOver: boolean) => readonly string[];

/** Checks each core only once, because the guarantees do not depend on messages that wait in a queue. */
function createCheck(): Check {
  const checked = new Map<number, readonly string[]>();
  return ({ id, system }, isOver) => {
    const key = id * 2 + (isOver ? 1 : 0);
    const known = checked.get(key);
    if (known !== undefined) return known;
    const faults = checkSystem(system, isOver);
    checked.set(key, faults);
    return faults;
  };
}

/** Returns true if nothing is running, queued or still to be called. A later sweep or second delivery must not be needed. */
function isQuiet({ running, shared: { core, messages } }: State, calls: readonly CallName[]): boolean {
  return running.items.length === 0 && messages.isEmpty && core.system.caller.call === calls.length;
}

/** Removes from a state what has no effect any more. */
type Settle = (state: State) => State | Promise<State>;

interface Repetition {
  readonly start: State;
  readonly transitions: Transitions;
  readonly settle: Settle;
  readonly calls: readonly CallName[];
  readonly check: Check;
  /** The number of preemptions from which invocations ran to their ends, or null. */
  readonly runsFrom: number | null;
}

/** Repeats a schedule from its first step, to describe its steps. */
async function describeViolation(
  { level, path, faults }: Omit<Found, "steps" | "reached"> & { readonly path: readonly Reached[] },
  { start, transitions, settle, calls, check, runsFrom }: Repetition,
): Promise<Violation> {
  const schedule: string[] = [];
  let state = start;
  let preemptions = 0;
  const take = async (index: number): Promise<void> => {
    const action = listActions(state, calls)[index];
    if (action === undefined) throw new Error("The schedule cannot be repeated.");
    schedule.push(describeAction(action, state));
    preemptions += action.preemptions;
    state = await transitions.take(state, action);
  };
  for (const { choice, crashAfter } of path) {
    await take(choice);
    if (preemptions === runsFrom)
      for (let steps = 0; state.current !== null && check(state.shared.core, false).length === 0; steps += 1)
        // The first choice continues the current invocation, and the second choice is its crash.
        await take(steps === crashAfter ? 1 : 0);
    state = await settle(state);
  }
  return { schedule, preemptions: level, faults };
}

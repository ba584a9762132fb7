import type { Arrival } from "./known-states.ts";
import { SWEEP_STAGES } from "./live-parts.ts";
import type { StateKeys } from "./state-keys.ts";
import type { Core, KnownInvocation, Running, SharedState, State } from "./state-parts.ts";

export interface Arrivals {
  arrivalOf(state: State): Arrival;
  /** Returns true if a list of messages includes all messages of another list. */
  includes(seconds: number, others: number): boolean;
  /** Returns the number of what later steps and checks read of the core of a state. */
  coreNumberOf(state: State): number;
  /** Returns a text for what later steps and checks read of a state. */
  textOf(state: State): string;
}

/**
 * Creates the keys of states.
 * @param isReduced false if the keys contain each part of a state as it is
 */
export function createArrivals(keys: StateKeys, isReduced: boolean): Arrivals {
  const numbers = new Map<string, number>();
  const numberOf = (text: string): number => {
    const number = numbers.get(text) ?? numbers.size;
    numbers.set(text, number);
    return number;
  };

  const coreNumbers = new Map<number, number>();
  const coreNumberOf = ({ shared: { core }, running, hasSwept }: State): number => {
    const { isSweeping, comparisons, comparisonsNumber } = running;
    const sweep = isSweeping ? "running" : hasSwept ? "ended" : "possible";
    const stage = SWEEP_STAGES.indexOf(sweep);
    const key = (core.id * 2 ** 20 + comparisonsNumber) * SWEEP_STAGES.length + stage;
    const known = coreNumbers.get(key);
    if (known !== undefined) return known;
    const number = keys.coreNumberOf(core.system, core.isOver, { sweep, ...comparisons });
    coreNumbers.set(key, number);
    return number;
  };
  const messagesNumbers = new Map<number, number>();
  const messagesNumberOf = ({ core: { isOver }, messages }: SharedState): number => {
    const key = messages.id * 2 + (isOver ? 1 : 0);
    const known = messagesNumbers.get(key);
    if (known !== undefined) return known;
    const number = keys.messagesNumberOf(messages.queues, messages.now, isOver);
    messagesNumbers.set(key, number);
    return number;
  };
  const sharedNumbers = new Map<number, number>();
  const sharedNumberOf = (state: State): number => {
    const key = coreNumberOf(state) * 2 ** 26 + messagesNumberOf(state.shared);
    const number = sharedNumbers.get(key) ?? sharedNumbers.size;
    sharedNumbers.set(key, number);
    return number;
  };

  const invocationNumbers = new Map<number, number>();
  const invocationNumberOf = (invocation: KnownInvocation, shared: SharedState): number => {
    const { id, name } = invocation;
    const { time, isOver } = shared.core;
    const hasHandle = shared.messages.handles.has(name);
    const isStarted = isOfStart(invocation, shared.core);
    const key = (id * 2 ** 16 + time) * 8 + (isOver ? 4 : 0) + (isStarted ? 2 : 0) + (hasHandle ? 1 : 0);
    const known = invocationNumbers.get(key);
    if (known !== undefined) return known;
    const number = keys.invocationNumberOf(invocation, shared.messages.now, isOver, {
      hasHandle,
      isOfStart: isStarted,
    });
    invocationNumbers.set(key, number);
    return number;
  };

  const runningNumbers: Map<number, number>[] = [];
  const runningNumberOf = (running: Running, shared: SharedState): number => {
    const { core, messages } = shared;
    let key = core.time * 2 + (core.isOver ? 1 : 0);
    for (const item of running.items)
      key = key * 4 + (messages.handles.has(item.name) ? 2 : 0) + (isOfStart(item, core) ? 1 : 0);
    runningNumbers[running.id] ??= new Map();
    const known = runningNumbers[running.id]?.get(key);
    if (known !== undefined) return known;
    const items = running.items.map((invocation) => invocationNumberOf(invocation, shared));
    const number = numberOf(`running ${items.toSorted((a, b) => a - b).join()}`);
    runningNumbers[running.id]?.set(key, number);
    return number;
  };

  const lists = new Map<number, number>();
  const listItems: ReadonlySet<number>[] = [];
  const secondsNumberOf = ({ seconds, shared: { core } }: State): number => {
    const key = (seconds.id * 2 ** 16 + core.time) * 2 + (core.isOver ? 1 : 0);
    const known = lists.get(key);
    if (known !== undefined) return known;
    const { system, isOver } = core;
    const items = seconds.items.map((second) => keys.secondNumberOf(second, system.now, isOver)).toSorted();
    const number = numberOf(`seconds ${items.join()}`);
    listItems[number] = new Set(items);
    lists.set(key, number);
    return number;
  };
  const inclusions = new Map<number, boolean>();

  const reduced = (state: State): Arrival => ({
    key: sharedNumberOf(state) * 2 ** 26 + runningNumberOf(state.running, state.shared),
    current: state.current === null ? -1 : invocationNumberOf(state.current, state.shared),
    seconds: secondsNumberOf(state),
  });
  const exact = (state: State): Arrival => {
    const { shared, running, current, seconds, hasSwept, hasCrashed } = state;
    const items = running.items.map(
      ({ position, answer }) => `${position.id}/${answer && keys.numberOf(answer)}`,
    );
    const rest = `${current?.name},${seconds.id},${hasSwept},${hasCrashed}`;
    const number = numberOf(`${rest};${items.toSorted().join()}`);
    return { ...reduced(state), key: shared.id * 2 ** 26 + number };
  };
  return {
    arrivalOf: isReduced ? reduced : exact,
    coreNumberOf,
    textOf(state) {
      const { key, current, seconds } = reduced(state);
      return `${key} ${current} ${seconds} ${state.hasSwept} ${state.hasCrashed}`;
    },
    includes(seconds, others) {
      if (seconds === others) return true;
      const key = seconds * 2 ** 26 + others;
      const known = inclusions.get(key);
      if (known !== undefined) return known;
      const [all, some] = [listItems[seconds], listItems[others]];
      const isIncluded = all !== undefined && some !== undefined && [...some].every((item) => all.has(item));
      inclusions.set(key, isIncluded);
      return isIncluded;
    },
  };
}

/** Returns true if the invocation has claimed a poll of the current start of the watch. */
function isOfStart({ watchStartedAt }: KnownInvocation, core: Core): boolean {
  return watchStartedAt !== null && watchStartedAt === core.watchStartedAt;
}

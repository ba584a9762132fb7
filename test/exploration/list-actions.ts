import type { KnownInvocation, State } from "./state-parts.ts";
import type { CallName, QueuedMessage } from "./system.ts";

/** One step that the scheduler may choose. */
export type Action = {
  /** 1 if the step interrupts an invocation that could continue or makes a message late, else 0. */
  readonly preemptions: number;
} & (
  | { readonly kind: "continue" | "crash"; readonly invocation: KnownInvocation }
  | {
      readonly kind: "receive";
      readonly queued: QueuedMessage;
      /** The index among the messages that can be delivered a first or a second time. */
      readonly index: number;
      readonly isSecond: boolean;
      /** The invocation crashes before its first request. */
      readonly crashes: boolean;
    }
  | { readonly kind: "call"; readonly call: CallName }
  | {
      readonly kind: "sweep" | "wait";
      readonly until: number;
      /** Messages can still be delivered a second time afterwards. */
      readonly keepsSeconds: boolean;
    }
);

/**
 * Returns all steps that are possible in a state.
 * @param calls the calls of the caller, one after the other
 */
export function listActions(state: State, calls: readonly CallName[]): readonly Action[] {
  const { shared, running, current, seconds, hasSwept, hasCrashed } = state;
  const { core, messages } = shared;
  const { now, caller } = core.system;
  const preemptions = current === null ? 0 : 1;
  const actions: Action[] = [];
  if (current !== null) {
    actions.push({ kind: "continue", invocation: current, preemptions: 0 });
    // The crash of an interrupted invocation has the same effect as its crash before the interruption. A crash after a
    // request that only read has the same effect as a crash before the request.
    if (!hasCrashed && current.hasEffect)
      actions.push({ kind: "crash", invocation: current, preemptions: 0 });
  }
  for (const invocation of running.items)
    if (invocation !== current) actions.push({ kind: "continue", invocation, preemptions });
  const receive = (queued: QueuedMessage, index: number, isSecond: boolean): void => {
    actions.push({ kind: "receive", queued, index, isSecond, crashes: false, preemptions });
    if (!hasCrashed) actions.push({ kind: "receive", queued, index, isSecond, crashes: true, preemptions });
  };
  for (const [index, queued] of messages.visible.entries()) receive(queued, index, false);
  for (const [index, queued] of seconds.items.entries()) receive(queued, index, true);
  const call = calls[caller.call];
  if (call !== undefined && !caller.isCalling) actions.push({ kind: "call", call, preemptions });
  // A sweep that finds no watch changes nothing, so the sweep starts only when it finds a watch.
  const [at, dueAt] = [messages.nextVisibleAt, core.nextDueAt];
  const isDue = dueAt !== null && dueAt < now;
  if (!hasSwept && isDue) actions.push({ kind: "sweep", until: now, keepsSeconds: true, preemptions });
  if (!hasSwept && !isDue && dueAt !== null && (at === null || dueAt < at))
    for (const wait of listWaits(state)) actions.push({ kind: "sweep", until: dueAt + 1, ...wait });
  if (at !== null) for (const wait of listWaits(state)) actions.push({ kind: "wait", until: at, ...wait });
  return actions;
}

const LATE = { keepsSeconds: true, preemptions: 1 };
const WITHOUT_SECONDS = { keepsSeconds: false, preemptions: 0 };

/**
 * Returns the ways in which time can pass. While time passes, an interrupted invocation is frozen, and a message that
 * could be delivered is late. No message must be delivered a second time, so time also passes without a preemption if no
 * second delivery follows later.
 */
function listWaits({ shared, current, seconds }: State): readonly (typeof LATE)[] {
  if (current !== null || shared.messages.visible.length > 0) return [LATE];
  return seconds.items.length === 0 ? [WITHOUT_SECONDS] : [WITHOUT_SECONDS, LATE];
}

/** Describes a step for people. */
export function describeAction(action: Action, { shared: { messages } }: State): string {
  switch (action.kind) {
    case "continue": {
      const { name, position, answer } = action.invocation;
      const { next } = position;
      return answer === null || next === null
        ? `${name} starts to run`
        : `${name} continues after ${next.port}.${next.method}`;
    }
    case "crash":
      return `${action.invocation.name} crashes`;
    case "receive": {
      const label = `${action.queued.message.messageId} is received${action.isSecond ? " a second time" : ""}`;
      return action.crashes ? `${label}, and the function crashes` : label;
    }
    case "call":
      return `the caller calls: ${action.call}`;
    case "sweep":
    case "wait": {
      const seconds = (action.until - messages.now) / 1000;
      if (action.kind === "wait") return `${seconds} s pass`;
      return seconds === 0 ? "a sweep starts" : `${seconds} s pass, and a sweep starts`;
    }
    default:
      return action satisfies never;
  }
}

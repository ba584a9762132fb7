import type { Action } from "./list-actions.ts";
import { createMessageChanges } from "./message-changes.ts";
import type { Core, KnownInvocation, Messages, State } from "./state-parts.ts";
import type { States } from "./states.ts";
import { createResults, isSending } from "./step-results.ts";
import {
  crash,
  isOverLimit,
  isProcessing,
  proceed,
  type Rules,
  receive,
  type StepResult,
  startCall,
  startSweep,
} from "./steps.ts";
import type { System } from "./system.ts";

/** The state after an invocation has ended or crashed without an interruption. */
export interface RunEnd {
  readonly state: State;
  /** The number of steps until this state. */
  readonly steps: number;
  /** The number of steps after which the invocation crashed, or null if it did not crash. */
  readonly crashAfter: number | null;
  /** The violations that the run has shown. */
  readonly faults: readonly string[];
}

export interface Transitions {
  /** Returns the state after a step. */
  take(state: State, action: Action): State | Promise<State>;
  /**
   * Runs the current invocation until its end. Returns the state after the end, and the states after a crash at each step
   * that has changed something. If no preemption is left, the scheduler can only choose between these states, so the
   * exploration does not store the states between them. The states between them are checked too.
   */
  runToEnd(state: State): readonly RunEnd[] | Promise<readonly RunEnd[]>;
}

/** A step before which time passes. */
type Wait = Action & { readonly kind: "wait" | "sweep" };

/** What one step of an invocation changes. */
interface Change {
  readonly core: Core;
  /** The messages after the step has sent messages, or null. */
  readonly sent: Messages | null;
  readonly acknowledges: boolean;
  readonly invocation: KnownInvocation | null;
}

/** What one run of an invocation changes. */
interface RunChange extends Omit<Change, "invocation"> {
  readonly steps: number;
  readonly crashAfter: number | null;
  readonly faults: readonly string[];
}

/**
 * Creates the transitions between states. A step depends only on the parts that it reads, whatever else is running, so
 * each step runs only once for the same parts.
 * @param check returns the violations of a core
 * @param isReduced false if each step is taken in its whole state
 */
export function createTransitions(
  rules: Rules,
  states: States,
  check: (core: Core) => readonly string[],
  isReduced: boolean,
): Transitions {
  const steps = createResults<Change>(isReduced);
  const runs = createResults<readonly RunChange[]>(isReduced);
  const { delivered, secondsAfter, removed, waited } = createMessageChanges(rules, states);

  async function step(state: State, action: Action, key: number): Promise<Change> {
    const { system, acknowledges } = await takeStep(states.systemOf(state), action, rules);
    const last = system.invocations.at(-1);
    const invocation = system.current === null || last === undefined ? null : states.invocation(last);
    const isSend = isSending(invocation);
    const sent = isSend ? states.messagesOf(system) : null;
    const change = { core: states.coreOf(system, state.shared.core), sent, acknowledges, invocation };
    steps.add(state, key, isSend, change);
    return change;
  }

  function changeOf(state: State, action: Action, key: number): Change | Promise<Change> {
    // If a function crashes that processes a message, or the sweep function, nothing else changes.
    if (action.kind === "crash" && action.invocation.work.kind !== "call")
      return { core: state.shared.core, sent: null, acknowledges: false, invocation: null };
    return steps.find(state, key) ?? step(state, action, key);
  }

  function take(state: State, action: Action): State | Promise<State> {
    const kind = KINDS.indexOf(action.kind);
    switch (action.kind) {
      case "continue":
      case "crash": {
        const { invocation } = action;
        const change = changeOf(state, action, invocation.id * 8 + kind);
        const hasCrashed = state.hasCrashed || action.kind === "crash";
        const next = (known: Change): State => {
          const { core, sent, acknowledges, invocation: current } = known;
          const { messages } = state.shared;
          const after = acknowledges ? removed(messages, invocation) : (sent ?? messages);
          const running = states.replace(state.running, invocation, current);
          return { ...state, shared: states.sharedStateOf(core, after), running, current, hasCrashed };
        };
        return change instanceof Promise ? change.then(next) : next(change);
      }
      case "receive": {
        const { messages, second, program } = delivered(state.shared, action);
        const seconds = secondsAfter(state.seconds, action, second);
        const { messageId } = action.queued.message;
        const { now } = state.shared.messages;
        const isOverlap =
          !action.isSecond && state.running.items.some((other) => isProcessing(other, messageId, now));
        const key = ((program * 2 + (isOverlap ? 1 : 0)) * 2 + (action.crashes ? 1 : 0)) * 8 + kind;
        const change = changeOf(state, action, key);
        const next = (known: Change): State =>
          started({ ...state, seconds }, messages, known, action.crashes);
        return change instanceof Promise ? change.then(next) : next(change);
      }
      case "call":
      case "sweep": {
        const from = action.kind === "call" ? state : { ...afterWait(state, action), hasSwept: true };
        const change = changeOf(from, action, kind);
        const next = (known: Change): State => started(from, from.shared.messages, known, false);
        return change instanceof Promise ? change.then(next) : next(change);
      }
      case "wait":
        return afterWait(state, action);
      default:
        return action satisfies never;
    }
  }

  /** Returns the state after time has passed. */
  function afterWait(state: State, { until, keepsSeconds }: Wait): State {
    const seconds = keepsSeconds ? state.seconds : states.noSeconds;
    let { running, shared } = state;
    const ended = rules.hasTimeLimit ? running.items.filter((item) => isOverLimit(item, until)) : [];
    for (const invocation of ended) {
      running = states.replace(running, invocation, null);
      const core = states.coreOf(crash(shared.core.system, invocation), shared.core);
      shared = states.sharedStateOf(core, shared.messages);
    }
    return { ...state, running, shared: waited(shared, until), seconds, current: null };
  }

  function started(
    state: State,
    messages: Messages,
    { core, sent, invocation }: Change,
    crashes: boolean,
  ): State {
    const running = invocation === null ? state.running : states.replace(state.running, null, invocation);
    const shared = states.sharedStateOf(core, sent ?? messages);
    return { ...state, shared, running, current: invocation, hasCrashed: state.hasCrashed || crashes };
  }

  async function run(start: State, invocation: KnownInvocation): Promise<readonly RunChange[]> {
    const results: RunChange[] = [];
    let state = start;
    let sent: Messages | null = null;
    for (let count = 0; ; count += 1) {
      const { shared, current } = state;
      const { core } = shared;
      if (current === null) break;
      const reached = { core, sent, acknowledges: false };
      const faults = current.hasEffect ? check(core) : [];
      if (faults.length > 0) {
        results.push({ ...reached, steps: count, crashAfter: null, faults });
        break;
      }
      if (current.hasEffect) {
        const crashed = await take(state, { kind: "crash", invocation: current, preemptions: 0 });
        const end = { steps: count + 1, crashAfter: count, faults: [] };
        results.push({ ...reached, core: crashed.shared.core, ...end });
      }
      const action = { kind: "continue", invocation: current, preemptions: 0 } as const;
      const change = await changeOf(state, action, current.id * 8);
      sent = change.sent ?? sent;
      state = await take(state, action);
      if (change.invocation === null) {
        const { acknowledges } = change;
        results.push({
          core: change.core,
          sent,
          acknowledges,
          steps: count + 1,
          crashAfter: null,
          faults: [],
        });
      }
    }
    runs.add(start, invocation.id, sent !== null, results);
    return results;
  }

  function applyRun(
    state: State,
    invocation: KnownInvocation,
    results: readonly RunChange[],
  ): readonly RunEnd[] {
    const running = states.replace(state.running, invocation, null);
    const reached: RunEnd[] = [];
    for (const { core, sent, acknowledges, ...end } of results) {
      if (end.crashAfter !== null && state.hasCrashed) continue;
      const messages = sent ?? state.shared.messages;
      const shared = states.sharedStateOf(core, acknowledges ? removed(messages, invocation) : messages);
      const hasCrashed = state.hasCrashed || end.crashAfter !== null;
      reached.push({ ...end, state: { ...state, shared, running, current: null, hasCrashed } });
    }
    return reached;
  }

  return {
    take,
    runToEnd(state) {
      const { current } = state;
      if (current === null) return [{ state, steps: 0, crashAfter: null, faults: [] }];
      const known = runs.find(state, current.id);
      if (known !== undefined) return applyRun(state, current, known);
      return run(state, current).then((added) => applyRun(state, current, added));
    },
  };
}

async function takeStep(system: System, action: Action, rules: Rules): Promise<StepResult> {
  switch (action.kind) {
    case "continue":
      return proceed(system, action.invocation, rules);
    case "crash":
      return { system: crash(system, action.invocation), acknowledges: false };
    case "receive":
      return receive(system, { ...action.queued, isSecond: action.isSecond, crashes: action.crashes }, rules);
    case "call":
      return startCall(system, action.call, rules);
    case "sweep":
      return startSweep(system, rules);
    case "wait":
      throw new Error("No invocation takes this step.");
    default:
      return action satisfies never;
  }
}

const KINDS = ["continue", "crash", "receive", "call", "sweep", "wait"] as const;

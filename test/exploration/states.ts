import type { NotificationToClaim } from "../../lib/ledger/notification.ts";
import { idOfNotification } from "../simulation/memory-ledger-notifications.ts";
import { handleOf, visibleMessages } from "./deliveries.ts";
import { type Claim, hasSucceeded } from "./live-parts.ts";
import { idOfDelivery, type Position, watchStartedAfter } from "./positions.ts";
import type { StateKeys } from "./state-keys.ts";
import type { Core, KnownInvocation, Messages, Running, Seconds, SharedState, State } from "./state-parts.ts";
import { createSystem, type Invocation, type System } from "./system.ts";

/** The tables of the parts of states. The number of a part is its index in its table. */
export interface States {
  readonly shared: readonly SharedState[];
  readonly invocations: readonly KnownInvocation[];
  readonly running: readonly Running[];
  readonly seconds: readonly Seconds[];
  readonly noSeconds: Seconds;
  /**
   * Returns the first core that was equal to the core of a system.
   * @param before a core that may have the same parts
   */
  coreOf(system: System, before?: Core): Core;
  messagesOf(system: Pick<Messages, "now" | "queues">): Messages;
  sharedStateOf(core: Core, messages: Messages): SharedState;
  invocation(invocation: Invocation): KnownInvocation;
  secondsOf(unrepeated: System["unrepeated"]): Seconds;
  /** Returns the list without one invocation and with another. */
  replace(running: Running, removed: KnownInvocation | null, added: KnownInvocation | null): Running;
  stateOf(start: System): State;
  /** Returns the state as one system. */
  systemOf(state: State): System;
}

const NO_MESSAGES = { sent: 0, messages: [] };

/** Creates the tables of the parts of states. */
export function createStates(keys: StateKeys): States {
  const shared: SharedState[] = [];
  const sharedByKey = new Map<number, SharedState>();
  const cores = new Map<string, Core>();
  const messagesByKey = new Map<string, Messages>();
  const invocations: KnownInvocation[] = [];
  const invocationsByKey = new Map<string, KnownInvocation>();
  const running: Running[] = [];
  const runningByKey = new Map<string, Running>();
  const seconds: Seconds[] = [];
  const secondsById = new Map<number, Seconds>();
  const times = new Map<number, number>();
  const messageIds = new Map<string, number>();
  const comparisonTexts = new Map<string, number>();

  const numberIn = <K>(known: Map<K, number>, key: K): number => {
    const number = known.get(key) ?? known.size;
    known.set(key, number);
    return number;
  };

  function list(items: readonly KnownInvocation[]): Running {
    const sorted = items.toSorted((a, b) => a.id - b.id);
    const key = sorted.map(({ id }) => id).join();
    const known = runningByKey.get(key);
    if (known !== undefined) return known;
    const ids = sorted.flatMap(({ work }) => (work.kind === "message" ? [work.messageId] : []));
    const comparisons = {
      pollsSince: earliest(sorted.filter(isPolling).map(({ startedAt }) => startedAt)),
      claims: sorted.flatMap(({ claims }) => claims).toSorted(compareClaims),
    };
    const added = {
      id: running.length,
      items: sorted,
      isSweeping: sorted.some(({ work }) => work.kind === "sweep"),
      comparisons,
      comparisonsNumber: numberIn(comparisonTexts, JSON.stringify(comparisons)),
      messageIds: numberIn(messageIds, ids.toSorted().join()),
      following: new Map(),
    };
    running.push(added);
    runningByKey.set(key, added);
    return added;
  }

  function coreOf(system: System, before?: Core): Core {
    if (before !== undefined && hasParts(before.system, system)) return before;
    const isOver = hasSucceeded(system.ledger);
    const key = keys.coreKeyOf(system, isOver);
    const known = cores.get(key);
    if (known !== undefined) return known;
    const queues = { ...system.queues, poll: NO_MESSAGES, notify: NO_MESSAGES };
    const rest = { invocations: [], unrepeated: [], current: null, hasSwept: false, hasCrashed: false };
    const added = {
      id: cores.size,
      system: { ...system, ...rest, queues },
      time: numberIn(times, system.now),
      isOver,
      watchStartedAt: Object.values(system.ledger.watches)[0]?.watch.acceptedAt ?? null,
      nextDueAt: earliest(Object.values(system.ledger.watches).flatMap(({ dueAt }) => dueAt ?? [])),
    };
    cores.set(key, added);
    return added;
  }

  function messagesOf({ now, queues: { poll, notify } }: Pick<Messages, "now" | "queues">): Messages {
    const key = `${now} ${keys.numberOf(poll)} ${keys.numberOf(notify)}`;
    const known = messagesByKey.get(key);
    if (known !== undefined) return known;
    const all = [...poll.messages, ...notify.messages];
    const added = {
      id: messagesByKey.size,
      now,
      queues: { poll, notify },
      isEmpty: all.length === 0,
      visible: visibleMessages({ poll, notify }, now),
      handles: new Set(all.map(handleOf)),
      nextVisibleAt: earliest(all.map(({ visibleAt }) => visibleAt).filter((at) => at > now)),
    };
    messagesByKey.set(key, added);
    return added;
  }

  function sharedStateOf(core: Core, messages: Messages): SharedState {
    const key = core.id * 2 ** 26 + messages.id;
    const known = sharedByKey.get(key);
    if (known !== undefined) return known;
    const added = { id: shared.length, core, messages };
    shared.push(added);
    sharedByKey.set(key, added);
    return added;
  }

  function toKnown(invocation: Invocation): KnownInvocation {
    const { name, startedAt, position, answer, hasEffect } = invocation;
    const answerNumber = answer === null ? "" : keys.numberOf(answer);
    const key = `${name} ${startedAt} ${position.id} ${answerNumber} ${hasEffect}`;
    const known = invocationsByKey.get(key);
    if (known !== undefined) return known;
    const read = { claims: claimsOf(position), watchStartedAt: watchStartedAfter(position, answer) };
    const added = { ...invocation, id: invocations.length, ...read };
    invocations.push(added);
    invocationsByKey.set(key, added);
    return added;
  }

  function secondsOf(unrepeated: System["unrepeated"]): Seconds {
    const number = keys.numberOf(unrepeated);
    const known = secondsById.get(number);
    if (known !== undefined) return known;
    const ids = unrepeated.map(({ message }) => message.messageId);
    const added = {
      id: seconds.length,
      items: unrepeated,
      messageIds: numberIn(messageIds, ids.toSorted().join()),
    };
    seconds.push(added);
    secondsById.set(number, added);
    return added;
  }

  const noSeconds = secondsOf(createSystem(0).unrepeated);
  return {
    shared,
    invocations,
    running,
    seconds,
    noSeconds,
    coreOf,
    messagesOf,
    sharedStateOf,
    secondsOf,
    invocation: toKnown,
    replace(before, removed, added) {
      const key = ((removed?.id ?? -1) + 1) * 2 ** 26 + (added?.id ?? -1) + 1;
      const known = before.following.get(key);
      if (known !== undefined) return known;
      const items = before.items.filter((item) => item !== removed);
      const after = list(added === null ? items : [...items, added]);
      before.following.set(key, after);
      return after;
    },
    stateOf(system) {
      const items = system.invocations.map(toKnown);
      return {
        shared: sharedStateOf(coreOf(system), messagesOf(system)),
        running: list(items),
        current: items.find(({ name }) => name === system.current) ?? null,
        seconds: secondsOf(system.unrepeated),
        hasSwept: system.hasSwept,
        hasCrashed: system.hasCrashed,
      };
    },
    systemOf({ shared: { core, messages }, running: { items }, current, seconds, ...flags }) {
      const queues = { ...core.system.queues, ...messages.queues };
      const rest = { invocations: items, current: current?.name ?? null, unrepeated: seconds.items };
      return { ...core.system, ...flags, ...rest, queues };
    },
  };
}

/** Returns true if the cores of two systems consist of the same objects. */
function hasParts(a: System, b: System): boolean {
  return (
    a.now === b.now &&
    CORE_PARTS.every((part) => a[part] === b[part]) &&
    a.queues.pollDead === b.queues.pollDead &&
    a.queues.notifyDead === b.queues.notifyDead
  );
}

const CORE_PARTS = ["ledger", "history", "cce", "posts", "caller", "faults"] as const;

function earliest(times: readonly number[]): number | null {
  return times.length === 0 ? null : Math.min(...times);
}

/** Returns the claims that an invocation has made, and the claim that it is making. */
function claimsOf({ claims, next }: Position): readonly Claim[] {
  const made = Object.entries(claims).map(([id, at]) => ({ id, at }));
  if (next?.method !== "claimNotification") return made;
  const [{ key, redelivery, now }] = next.args as [NotificationToClaim];
  return [...made, { id: idOfDelivery(idOfNotification(key), redelivery), at: now }];
}

function isPolling({ work }: Invocation): boolean {
  return work.kind === "message" && work.queue === "poll";
}

function compareClaims(a: Claim, b: Claim): number {
  return a.at - b.at || (a.id < b.id ? -1 : 1);
}

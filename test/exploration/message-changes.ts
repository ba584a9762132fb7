import { type DeliveryRules, deliverMessage, removeMessage, unrepeatedAfter } from "./deliveries.ts";
import type { Action } from "./list-actions.ts";
import type { KnownInvocation, Messages, Seconds, SharedState } from "./state-parts.ts";
import type { States } from "./states.ts";
import type { QueuedMessage } from "./system.ts";

/** What the delivery of a message changes, and the number of the program that receives the message. */
export interface DeliveryChange {
  readonly messages: Messages;
  /** The message that can be delivered a second time from now on, or null. */
  readonly second: QueuedMessage | null;
  readonly program: number;
}

type Receive = Action & { readonly kind: "receive" };

/** What deliveries, deletions and the time change in the messages. */
export interface MessageChanges {
  /** Receives a message. */
  delivered(shared: SharedState, action: Receive): DeliveryChange;
  /** Returns the messages that can be delivered a second time after a delivery. */
  secondsAfter(before: Seconds, action: Receive, second: QueuedMessage | null): Seconds;
  /** Returns the messages without the message that an invocation processes. */
  removed(messages: Messages, invocation: KnownInvocation): Messages;
  /** Returns the shared state at a later time. */
  waited(shared: SharedState, until: number): SharedState;
}

/** Creates the changes of messages. The same change of the same messages is computed only once. */
export function createMessageChanges(rules: DeliveryRules, states: States): MessageChanges {
  const deliveries: Map<number, DeliveryChange>[] = [];
  const following: Map<number, Seconds>[] = [];
  const removals: Map<string, Messages>[] = [];
  const waits = new Map<string, SharedState>();
  const programs = new Map<string, number>();

  function removed(messages: Messages, { name, work }: KnownInvocation): Messages {
    if (work.kind !== "message" || !messages.handles.has(name)) return messages;
    const known = removals[messages.id]?.get(name);
    if (known !== undefined) return known;
    const { now, queues } = messages;
    const queue = removeMessage(queues[work.queue], work.receiptHandle, rules);
    const after = states.messagesOf({ now, queues: { ...queues, [work.queue]: queue } });
    removals[messages.id] ??= new Map();
    removals[messages.id]?.set(name, after);
    return after;
  }

  function waited({ core, messages }: SharedState, until: number): SharedState {
    if (until === messages.now) return states.sharedStateOf(core, messages);
    const key = `${core.id} ${messages.id} ${until}`;
    const known = waits.get(key);
    if (known !== undefined) return known;
    const now = until;
    const after = states.sharedStateOf(
      states.coreOf({ ...core.system, now }),
      states.messagesOf({ now, queues: messages.queues }),
    );
    waits.set(key, after);
    return after;
  }

  function delivered({ messages }: SharedState, { queued, isSecond, index }: Receive): DeliveryChange {
    const key = isSecond ? rules.keys.numberOf(queued) + 64 : index;
    const known = deliveries[messages.id]?.get(key);
    if (known !== undefined) return known;
    const { now, queues } = messages;
    const { state, second, program } = deliverMessage({ now, queues }, { ...queued, isSecond }, rules);
    const number = programs.get(program.key) ?? programs.size;
    programs.set(program.key, number);
    const after = states.messagesOf({ now, queues: { ...queues, [queued.queue]: state } });
    const added = { messages: after, second, program: number };
    deliveries[messages.id] ??= new Map();
    deliveries[messages.id]?.set(key, added);
    return added;
  }

  function secondsAfter(
    before: Seconds,
    { queued, isSecond }: Receive,
    second: QueuedMessage | null,
  ): Seconds {
    if (!isSecond && second === null) return before;
    const key = rules.keys.numberOf(second ?? queued) * 2 + (isSecond ? 1 : 0);
    const known = following[before.id]?.get(key);
    if (known !== undefined) return known;
    const after = states.secondsOf(unrepeatedAfter(before.items, { ...queued, isSecond }, second));
    following[before.id] ??= new Map();
    following[before.id]?.set(key, after);
    return after;
  }

  return { delivered, secondsAfter, removed, waited };
}

import type { NotificationMessage, PollMessage } from "../../lib/queue/messages.ts";
import { idOfNotification } from "../simulation/memory-ledger-notifications.ts";
import type { Action } from "./list-actions.ts";
import type { StateKeys } from "./state-keys.ts";
import type { Core, KnownInvocation, Messages, Running, Seconds, State } from "./state-parts.ts";
import type { States } from "./states.ts";
import type { CallName, QueuedMessage } from "./system.ts";
import type { RunEnd, Transitions } from "./transitions.ts";

/*
 * A message is obsolete if the service acknowledges it without an effect, now and in all later states. Examples are a
 * message for a notification that was delivered, and a message for an earlier poll. The exploration removes obsolete
 * messages from each state at once, because the order in which the service receives them has no effect. An invocation
 * that processes an obsolete message is removed if the rest of its code has no effect either.
 *
 * The code under test may have a bug. So the exploration delivers a message once for each row of the ledger that makes it
 * obsolete. If that has an effect, the message is not obsolete.
 */

/** What an obsolete message depends on. */
type Content =
  | { readonly kind: "poll"; readonly poll: number }
  | { readonly kind: "notification"; readonly id: string; readonly redelivery: number };

type Queued = Pick<QueuedMessage["message"], "messageId" | "body">;

export interface ObsoleteWork {
  /** Returns a state without its obsolete messages and invocations. */
  remove(state: State): State | Promise<State>;
}

/** @param calls the calls of the caller, one after the other */
export function createObsoleteWork(
  states: States,
  { take, runToEnd }: Transitions,
  { numberOf }: Pick<StateKeys, "numberOf">,
  calls: readonly CallName[],
): ObsoleteWork {
  const contents = new Map<string, Content>();
  /** Whether the service acknowledges a message without an effect, by the row of the ledger and the message. */
  const verdicts = new Map<string, boolean>();
  const kept = new Map<number, Messages>();
  const keptSeconds = new Map<number, Seconds>();
  /** The invocations that still have an effect, by core. */
  const effective: Set<number>[] = [];

  function contentOf(body: string): Content {
    const known = contents.get(body);
    if (known !== undefined) return known;
    const content = parseContent(body);
    contents.set(body, content);
    return content;
  }

  /** Returns true if the watch has ended and no call can restart it. */
  function isWatchOver({ system: { caller, ledger }, isOver }: Core): boolean {
    const watch = Object.values(ledger.watches)[0]?.watch;
    const canEnd = watch === undefined || watch.state === "watching";
    return isOver || !(canEnd || calls.slice(caller.call).includes("submit"));
  }

  /**
   * Returns the row of the ledger that makes a message obsolete, or null. The numbers of polls and redeliveries only
   * increase, so an obsolete message remains obsolete.
   */
  function obsoletingRow(core: Core, { body }: Queued): object | null {
    const content = contentOf(body);
    const { watches, notifications } = core.system.ledger;
    if (content.kind === "poll") {
      const row = Object.values(watches)[0];
      if (row === undefined) return null;
      const { poll, pollDone } = row.watch;
      const isDone = poll > content.poll || (poll === content.poll && pollDone);
      return isDone || isWatchOver(core) ? row : null;
    }
    const row = notifications[content.id];
    if (row === undefined || row.delivery.redelivery < content.redelivery) return null;
    const { redelivery, state, deadLettered } = row.delivery;
    const isDone = redelivery > content.redelivery || state === "delivered" || deadLettered;
    return isDone ? row : null;
  }

  /** Returns true if a message is obsolete, or null if this was not tried yet. */
  function isObsolete(core: Core, message: Queued): boolean | null {
    const row = obsoletingRow(core, message);
    return row === null ? false : (verdicts.get(`${numberOf(row)} ${message.body}`) ?? null);
  }

  /** Delivers a message, to see whether the service acknowledges it without an effect. */
  async function tryMessage(state: State, queued: QueuedMessage): Promise<void> {
    const row = obsoletingRow(state.shared.core, queued.message);
    if (row === null) return;
    const from = { ...state, current: null, hasCrashed: false };
    const action = { kind: "receive", queued, index: 0, isSecond: true, crashes: false, preemptions: 0 };
    const results = await runToEnd(await take(from, action as Action));
    const isAcknowledged = results
      .at(-1)
      ?.state.shared.messages.queues[queued.queue].messages.every(
        ({ messageId }) => messageId !== queued.message.messageId,
      );
    const isWithoutEffect = isAcknowledged === true && results.every((end) => hasNoEffect(state, end));
    verdicts.set(`${numberOf(row)} ${queued.message.body}`, isWithoutEffect);
  }

  /** While an invocation processes a message, the message remains, to see whether it is delivered meanwhile. */
  function withoutMessages(state: State): State | Promise<State> {
    const { core, messages } = state.shared;
    const { poll, notify } = messages.queues;
    let [bit, removed] = [1, 0];
    for (const queue of ["poll", "notify"] as const)
      for (const message of messages.queues[queue].messages) {
        const isRemoved = isProcessed(state.running, message) ? false : isObsolete(core, message);
        if (isRemoved === null)
          return tryMessage(state, { queue, message }).then(() => withoutMessages(state));
        if (isRemoved) removed += bit;
        bit *= 2;
      }
    if (removed === 0) return withoutSeconds(state);
    const key = messages.id * 2 ** 20 + removed;
    const isKept = (index: number): boolean => (removed & (1 << index)) === 0;
    const inPoll = { ...poll, messages: poll.messages.filter((_, i) => isKept(i)) };
    const inNotify = {
      ...notify,
      messages: notify.messages.filter((_, i) => isKept(i + poll.messages.length)),
    };
    const after =
      kept.get(key) ?? states.messagesOf({ now: messages.now, queues: { poll: inPoll, notify: inNotify } });
    kept.set(key, after);
    return withoutSeconds({ ...state, shared: states.sharedStateOf(core, after) });
  }

  function withoutSeconds(state: State): State | Promise<State> {
    const { shared, seconds } = state;
    let [bit, removed] = [1, 0];
    for (const queued of seconds.items) {
      const isRemoved = isObsolete(shared.core, queued.message);
      if (isRemoved === null) return tryMessage(state, queued).then(() => withoutSeconds(state));
      if (isRemoved) removed += bit;
      bit *= 2;
    }
    if (removed === 0) return state;
    const key = seconds.id * 2 ** 20 + removed;
    const after =
      keptSeconds.get(key) ?? states.secondsOf(seconds.items.filter((_, i) => (removed & (1 << i)) === 0));
    keptSeconds.set(key, after);
    return { ...state, seconds: after };
  }

  /** Returns the state after an obsolete invocation has ended, or null if the invocation has an effect. */
  function afterObsolete(state: State, invocation: KnownInvocation): State | null | Promise<State | null> {
    const { core } = state.shared;
    const { work } = invocation;
    if (work.kind !== "message" || obsoletingRow(core, work) === null) return null;
    // Other polls of the same start can still end the watch. A restart at the same time counts as the same start.
    const { watchStartedAt } = invocation;
    const canEndWatch = watchStartedAt === core.watchStartedAt || watchStartedAt === core.system.now;
    if (work.queue === "poll" && watchStartedAt !== null && canEndWatch && !isWatchOver(core)) return null;
    if (effective[core.id]?.has(invocation.id) === true) return null;
    const toEnd = (results: readonly RunEnd[]): State | null => {
      const end = results.at(-1);
      if (end !== undefined && results.every((reached) => hasNoEffect(state, reached))) {
        const current = state.current === invocation ? null : state.current;
        return { ...end.state, current, hasCrashed: state.hasCrashed };
      }
      effective[core.id] ??= new Set();
      effective[core.id]?.add(invocation.id);
      return null;
    };
    // With a crash, the run shows the states in its middle too.
    const results = runToEnd({ ...state, current: invocation, hasCrashed: false });
    return results instanceof Promise ? results.then(toEnd) : toEnd(results);
  }

  /** Returns true if a part of a run changes nothing and sends at most obsolete messages. */
  function hasNoEffect({ shared: before }: State, { state: { shared: after }, faults }: RunEnd): boolean {
    const known = new Set(messageIdsOf(before.messages));
    const { poll, notify } = after.messages.queues;
    const sent = [...poll.messages, ...notify.messages].filter(({ messageId }) => !known.has(messageId));
    const isSame = after.core === before.core && faults.length === 0;
    return isSame && sent.every((message) => obsoletingRow(after.core, message) !== null);
  }

  function removeFrom(state: State, index: number): State | Promise<State> {
    let [at, i] = [state, index];
    for (let invocation = at.running.items[i]; invocation !== undefined; invocation = at.running.items[i]) {
      const after = afterObsolete(at, invocation);
      if (after instanceof Promise) {
        const [before, next] = [at, i + 1];
        return after.then((ended) => (ended === null ? removeFrom(before, next) : removeFrom(ended, i)));
      }
      if (after === null) i += 1;
      else at = after;
    }
    return withoutMessages(at);
  }

  return { remove: (state) => removeFrom(state, 0) };
}

function parseContent(body: string): Content {
  const message: PollMessage | NotificationMessage = JSON.parse(body);
  if (message.kind === "poll") return { kind: "poll", poll: message.poll };
  const { project, jobId, generation, target, redelivery, outcome } = message;
  const key = { project, jobId, generation, target, event: `job.${outcome}` } as const;
  return { kind: "notification", id: idOfNotification(key), redelivery };
}

function isProcessed({ items }: Running, { messageId }: Queued): boolean {
  return items.some(({ work }) => work.kind === "message" && work.messageId === messageId);
}

function messageIdsOf({ queues: { poll, notify } }: Messages): readonly string[] {
  return [...poll.messages, ...notify.messages].map(({ messageId }) => messageId);
}

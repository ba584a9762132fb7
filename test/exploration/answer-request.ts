import type { Notification } from "../../functions/notify/resolve-notification.ts";
import type { AttemptResult } from "../../lib/channels/attempt-delivery.ts";
import type { Observation } from "../../lib/domain/job.ts";
import type { OutgoingMessage } from "../../lib/queue/queue.ts";
import { type LedgerHistory, observeLedger } from "../simulation/ledger-history.ts";
import { createMemoryLedger } from "../simulation/memory-ledger.ts";
import { idOfNotification } from "../simulation/memory-ledger-notifications.ts";
import type { LedgerState } from "../simulation/memory-ledger-state.ts";
import { createMemoryQueue, type MemoryMessage, type QueueState } from "../simulation/memory-queue.ts";
import type { Plant } from "../simulation/plant.ts";
import { isAllowedRepetition } from "../simulation/receivers.ts";
import { jobOf } from "../simulation/simulated-cce.ts";
import { idOfDelivery, type PortAnswer, type PortRequest, type Position } from "./positions.ts";
import { JOB } from "./small-service.ts";
import type { QueueName, System, WatchHistory } from "./system.ts";

const ACCEPTED: AttemptResult = {
  verdict: "delivered",
  reason: "ok",
  status: 200,
  afterSeconds: null,
  spent: true,
  durationMs: 1,
  answer: "",
};

/** The parts of the system that a request has changed, and the answer to the request. */
export interface Answered {
  readonly changes: Partial<Pick<System, "ledger" | "history" | "cce" | "posts">>;
  readonly queue?: { readonly name: QueueName; readonly state: QueueState };
  readonly faults?: readonly string[];
  readonly answer: PortAnswer;
}

/** Returns the parts of the system on which the answer to a request depends, next to the time. */
export function partsFor({ port, method }: PortRequest, system: System): readonly object[] {
  const { ledger, history, cce, posts, queues } = system;
  if (port === "ledger") return [ledger, history];
  if (port === "cce") return [cce];
  if (port === "receiver") return [ledger, posts];
  const queue = queues[port as QueueName];
  return method === "send" ? [queue, usedMessageIds(system)] : [queue];
}

/** What answers depend on in all states. */
export interface AnswerRules {
  readonly plant: Plant;
  /** The first webhook ID that the exploration has seen, by notification ID. */
  readonly webhookIds: Map<string, string>;
}

/** Makes one request of an invocation in one step. */
export async function answerRequest(
  system: System,
  { port, method, args }: PortRequest,
  position: Position,
  { plant, webhookIds }: AnswerRules,
): Promise<Answered> {
  if (port === "ledger") return askLedger(system, method, args);
  if (port === "cce") return askCce(system, method);
  if (port === "receiver") return deliver(system, args[0] as Notification, position, webhookIds);
  return askQueue(system, port as QueueName, method, args, plant.visibilitySeconds);
}

const toValue = (value: unknown): PortAnswer => ({ kind: "value", value });

async function settle(answer: Promise<unknown>): Promise<PortAnswer> {
  try {
    return toValue(await answer);
  } catch (error) {
    return { kind: "error", message: String(error) };
  }
}

async function askLedger(system: System, method: string, args: readonly unknown[]): Promise<Answered> {
  const { starts, saves, slowSaves, deadlines, givenUp } = system.history;
  const state = copyOf(system.ledger);
  const history: LedgerHistory = {
    starts: [...starts],
    saves: new Map(saves),
    slowSaves: new Map(slowSaves),
    deadlines: new Map(deadlines),
    givenUp: new Set(givenUp),
  };
  const ledger = observeLedger(createMemoryLedger(state), { now: () => system.now }, history);
  const call = ledger[method as keyof typeof ledger] as (...args: readonly unknown[]) => Promise<unknown>;
  const answer = await settle(call(...args));
  const after = ledgerAfter(system.ledger, state);
  const changes =
    after === system.ledger ? {} : { ledger: after, history: historyAfter(system.history, history) };
  return { changes, answer };
}

function copyOf(state: LedgerState): LedgerState {
  return Object.fromEntries(
    Object.entries(state).map(([name, rows]) => [name, { ...rows }]),
  ) as unknown as LedgerState;
}

/**
 * Returns the ledger after a request, with the same tables as before where nothing has changed. The rows of each table
 * are sorted, because the order in which they were written has no effect, as in DynamoDB.
 */
function ledgerAfter(before: LedgerState, after: LedgerState): LedgerState {
  let isSame = true;
  const tables = Object.entries(after).map(([name, rows]) => {
    const known = before[name as keyof LedgerState] as Record<string, unknown>;
    const entries = Object.entries(rows);
    if (entries.length === Object.keys(known).length && entries.every(([id, row]) => known[id] === row))
      return [name, known];
    isSame = false;
    return [name, Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)))];
  });
  return isSame ? before : (Object.fromEntries(tables) as unknown as LedgerState);
}

/** Returns the history after a request, with the same lists as before where nothing has changed. */
function historyAfter(before: WatchHistory, after: LedgerHistory): WatchHistory {
  const { starts, saves, slowSaves, deadlines, givenUp } = before;
  const isSame = deadlines.every(([id, rows]) => after.deadlines.get(id) === rows);
  return {
    starts: starts.length === after.starts.length ? starts : after.starts,
    saves: saves.length === after.saves.size ? saves : [...after.saves],
    slowSaves: slowSaves.length === after.slowSaves.size ? slowSaves : [...after.slowSaves],
    deadlines: isSame && deadlines.length === after.deadlines.size ? deadlines : [...after.deadlines],
    givenUp: givenUp.length === after.givenUp.size ? givenUp : [...after.givenUp],
  };
}

/** The first poll sees a running job. Each later poll sees its success. */
function askCce(system: System, method: string): Answered {
  if (method !== "queryJob") throw new Error(`The small system does not know the query ${method}.`);
  const { polls, observed } = system.cce;
  const state = polls === 0 ? "pending" : "succeeded";
  const observation: Observation = {
    kind: "job",
    job: jobOf(JOB, state, JOB.endedAt, system.now),
    warnings: [],
  };
  const cce = { polls: Math.min(polls + 1, 2), observed: [...new Set([...observed, state])] };
  return { changes: { cce }, answer: toValue(observation) };
}

function deliver(
  system: System,
  { key, redelivery, webhookId, content }: Notification,
  position: Position,
  webhookIds: AnswerRules["webhookIds"],
): Answered {
  const notificationId = idOfNotification(key);
  const firstWebhookId = webhookIds.get(notificationId) ?? webhookId;
  webhookIds.set(notificationId, firstWebhookId);
  const claim = position.claims[idOfDelivery(notificationId, redelivery)];
  const post = {
    notificationId,
    redelivery,
    webhookId,
    actor: content.kind === "outcome" ? (content.summary.context.actor ?? null) : null,
    at: system.now,
    claimedAt: claim ?? system.now,
    answerReceived: true,
  };
  const before = system.posts
    .filter((other) => other.notificationId === notificationId && other.redelivery === redelivery)
    .at(-1);
  const delivery = system.ledger.notifications[notificationId]?.delivery;
  const wasRecorded = claim === undefined && delivery?.state === "delivered";
  const faults: string[] = [];
  if (before !== undefined && !isAllowedRepetition(before, post, wasRecorded))
    faults.push(`${notificationId} was sent again, although the ledger may contain the response`);
  // All schedules lead to the same ID.
  if (webhookId !== firstWebhookId) faults.push(`${notificationId} has two webhook IDs`);
  // The order of posts of different notifications has no effect.
  const posts = [...system.posts, post].toSorted((a, b) =>
    a.notificationId === b.notificationId ? 0 : a.notificationId < b.notificationId ? -1 : 1,
  );
  return { changes: { posts }, faults, answer: toValue(ACCEPTED) };
}

async function askQueue(
  system: System,
  name: QueueName,
  method: string,
  args: readonly unknown[],
  visibilitySeconds: number,
): Promise<Answered> {
  const { messages } = system.queues[name];
  const state = { sent: 0, messages: [...messages] };
  const queue = createMemoryQueue({ name, now: () => system.now, visibilitySeconds, state });
  const answer = await settle(
    method === "send"
      ? queue.send(args[0] as readonly OutgoingMessage[])
      : queue.changeVisibility(String(args[0]), Number(args[1])),
  );
  return { changes: {}, queue: { name, state: { sent: 0, messages: renamed(queue.state, system) } }, answer };
}

/**
 * Gives each new message the first ID for its content that no message, invocation or owner of a lease has. The steps
 * only compare IDs, so states that differ only in the number of earlier messages are one state.
 */
function renamed({ messages }: QueueState, system: System): MemoryMessage[] {
  const known = new Set(usedMessageIds(system));
  return messages.map((message) => {
    if (message.receiveCount > 0 || known.has(message.messageId)) return message;
    let copy = 1;
    while (known.has(idOfMessage(message.body, copy))) copy += 1;
    const messageId = idOfMessage(message.body, copy);
    known.add(messageId);
    // No step reads when a message was sent.
    return { ...message, messageId, sentAt: 0 };
  });
}

function idOfMessage(body: string, copy: number): string {
  const { kind, poll = "", target = "", redelivery = "", watchGeneration = "" } = JSON.parse(body);
  return [kind, poll, target, redelivery, watchGeneration, copy].filter((part) => part !== "").join("-");
}

/** Returns the IDs of all messages that a later step can receive or process, and of the owners of leases. */
function usedMessageIds({ queues, unrepeated, ledger, invocations }: System): readonly string[] {
  return [
    ...Object.values(queues).flatMap(({ messages }) => messages.map(({ messageId }) => messageId)),
    ...unrepeated.map(({ message }) => message.messageId),
    ...invocations.flatMap(({ work }) => (work.kind === "message" ? [work.messageId] : [])),
    ...[...Object.values(ledger.watches), ...Object.values(ledger.notifications)].flatMap(
      ({ owner, leaseUntil }) => (owner === null || leaseUntil === null ? [] : [owner]),
    ),
  ];
}

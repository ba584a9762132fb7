import type { Notification } from "../../functions/notify/resolve-notification.ts";
import type { AttemptResult } from "../../lib/channels/attempt-delivery.ts";
import type { Observation } from "../../lib/domain/job.ts";
import type { OutgoingMessage } from "../../lib/queue/queue.ts";
import { type LedgerHistory, observeLedger } from "../simulation/ledger-history.ts";
import { createMemoryLedger } from "../simulation/memory-ledger.ts";
import { idOfNotification } from "../simulation/memory-ledger-notifications.ts";
import type { LedgerState } from "../simulation/memory-ledger-state.ts";
import { createMemoryQueue, type QueueState } from "../simulation/memory-queue.ts";
import { isAllowedRepetition } from "../simulation/receivers.ts";
import { jobOf } from "../simulation/simulated-cce.ts";
import type { PortAnswer, PortRequest, Position } from "./positions.ts";
import { JOB } from "./small-service.ts";
import type { QueueName, System } from "./system.ts";

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
export function partsFor(
  { port }: PortRequest,
  { ledger, history, cce, posts, queues }: System,
): readonly object[] {
  if (port === "ledger") return [ledger, history];
  if (port === "cce") return [cce];
  return port === "receiver" ? [ledger, posts] : [queues[port as QueueName]];
}

/** Makes one request of an invocation in one step. */
export async function answerRequest(
  system: System,
  { port, method, args }: PortRequest,
  position: Position,
  visibilitySeconds: number,
): Promise<Answered> {
  if (port === "ledger") return askLedger(system, method, args);
  if (port === "cce") return askCce(system, method);
  if (port === "receiver") return deliver(system, args[0] as Notification, position);
  return askQueue(system, port as QueueName, method, args, visibilitySeconds);
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
  const changes = isSame(state, system.ledger)
    ? {}
    : {
        ledger: state,
        history: {
          starts: history.starts,
          saves: [...history.saves],
          slowSaves: [...history.slowSaves],
          deadlines: [...history.deadlines],
          givenUp: [...history.givenUp],
        },
      };
  return { changes, answer };
}

function copyOf(state: LedgerState): LedgerState {
  return Object.fromEntries(
    Object.entries(state).map(([name, rows]) => [name, { ...rows }]),
  ) as unknown as LedgerState;
}

function isSame(a: LedgerState, b: LedgerState): boolean {
  return Object.entries(a).every(([name, rows]) => {
    const others = b[name as keyof LedgerState] as Record<string, unknown>;
    const ids = Object.keys(rows);
    return ids.length === Object.keys(others).length && ids.every((id) => rows[id] === others[id]);
  });
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
): Answered {
  const notificationId = idOfNotification(key);
  const claim = position.claims[JSON.stringify(key)];
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
  const faults =
    before === undefined || isAllowedRepetition(before, post, wasRecorded)
      ? []
      : [`${notificationId} was sent again, although the ledger may contain the response`];
  return { changes: { posts: [...system.posts, post] }, faults, answer: toValue(ACCEPTED) };
}

async function askQueue(
  system: System,
  name: QueueName,
  method: string,
  args: readonly unknown[],
  visibilitySeconds: number,
): Promise<Answered> {
  const { sent, messages } = system.queues[name];
  const queue = createMemoryQueue({
    name,
    now: () => system.now,
    visibilitySeconds,
    state: { sent, messages: [...messages] },
  });
  const answer = await settle(
    method === "send"
      ? queue.send(args[0] as readonly OutgoingMessage[])
      : queue.changeVisibility(String(args[0]), Number(args[1])),
  );
  return { changes: {}, queue: { name, state: queue.state }, answer };
}

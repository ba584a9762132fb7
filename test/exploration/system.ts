import type { LedgerHistory } from "../simulation/ledger-history.ts";
import { emptyLedgerState, type LedgerState } from "../simulation/memory-ledger-state.ts";
import type { MemoryMessage, QueueState } from "../simulation/memory-queue.ts";
import type { Post } from "../simulation/receivers.ts";
import type { PortAnswer, Position } from "./positions.ts";

export type QueueName = "poll" | "notify" | "pollDead" | "notifyDead";

/** One of the calls that the caller makes one after the other. */
export type CallName = "submit" | "stop" | "redeliver";

/** An invocation that has not ended. */
export interface Invocation {
  readonly name: string;
  readonly startedAt: number;
  readonly position: Position;
  /** The answer that the invocation has not received yet. Null before the first line of its code. */
  readonly answer: PortAnswer | null;
  /** The last request of the invocation changed something. */
  readonly hasEffect: boolean;
  readonly work:
    | {
        readonly kind: "message";
        readonly queue: "poll" | "notify";
        readonly messageId: string;
        readonly receiptHandle: string;
        readonly body: string;
      }
    | { readonly kind: "call"; readonly call: CallName }
    | { readonly kind: "sweep" };
}

/** What the caller asked and what the API confirmed. */
export interface CallerState {
  /** The index of the call that the caller makes next, or is making. */
  readonly call: number;
  readonly isCalling: boolean;
  readonly isConfirmed: boolean;
  readonly hasStopped: boolean;
  readonly deadlines: readonly { readonly deadlineAt: number; readonly answeredAt: number }[];
}

/** The history of the ledger, as `LedgerHistory` contains it. */
export interface WatchHistory {
  readonly starts: LedgerHistory["starts"];
  readonly saves: readonly (readonly [string, number])[];
  readonly slowSaves: readonly (readonly [string, number])[];
  readonly deadlines: readonly (readonly [
    string,
    { readonly deadlineAt: number; readonly from: number }[],
  ])[];
  readonly givenUp: readonly string[];
}

/** A message with its queue. */
export interface QueuedMessage {
  readonly queue: "poll" | "notify";
  readonly message: MemoryMessage;
}

/** The whole state between two steps. The state is plain data. Each part is replaced, never changed. */
export interface System {
  readonly now: number;
  readonly ledger: LedgerState;
  readonly history: WatchHistory;
  readonly queues: Readonly<Record<QueueName, QueueState>>;
  /** The messages that were delivered once and are delivered a second time later, even if they are deleted then. */
  readonly unrepeated: readonly QueuedMessage[];
  readonly cce: { readonly polls: number; readonly observed: readonly string[] };
  readonly posts: readonly Post[];
  readonly caller: CallerState;
  readonly hasSwept: boolean;
  readonly hasCrashed: boolean;
  readonly invocations: readonly Invocation[];
  /** The name of the invocation that ran last and has not ended. */
  readonly current: string | null;
  /** Violations that only one step shows. */
  readonly faults: readonly string[];
}

export function createSystem(now: number): System {
  const empty = { sent: 0, messages: [] };
  return {
    now,
    ledger: emptyLedgerState(),
    history: { starts: [], saves: [], slowSaves: [], deadlines: [], givenUp: [] },
    queues: { poll: empty, notify: empty, pollDead: empty, notifyDead: empty },
    unrepeated: [],
    cce: { polls: 0, observed: [] },
    posts: [],
    caller: { call: 0, isCalling: false, isConfirmed: false, hasStopped: false, deadlines: [] },
    hasSwept: false,
    hasCrashed: false,
    invocations: [],
    current: null,
    faults: [],
  };
}

import type { Claim, Comparisons } from "./live-parts.ts";
import type { Invocation, QueuedMessage, System } from "./system.ts";

/** The ledger and everything else that all invocations share, except the messages. Equal parts are one object. */
export interface Core {
  readonly id: number;
  /** The system without its messages and invocations. */
  readonly system: System;
  /** The index of the time among all times of the exploration. */
  readonly time: number;
  /** The watch has succeeded. */
  readonly isOver: boolean;
  /** The start of the watch, or null. */
  readonly watchStartedAt: number | null;
  /** The time after which the sweep finds the watch, or null. */
  readonly nextDueAt: number | null;
}

/** The messages of both queues at one time. Equal messages are one object. */
export interface Messages {
  readonly id: number;
  readonly now: number;
  readonly queues: Pick<System["queues"], "poll" | "notify">;
  readonly isEmpty: boolean;
  /** The messages that can be delivered now. */
  readonly visible: readonly QueuedMessage[];
  readonly handles: ReadonlySet<string>;
  /** The next time at which a message becomes visible, or null. */
  readonly nextVisibleAt: number | null;
}

/** What all invocations share. Equal shared states are one object. */
export interface SharedState {
  readonly id: number;
  readonly core: Core;
  readonly messages: Messages;
}

/** An invocation that has not ended. Equal invocations are one object. */
export interface KnownInvocation extends Invocation {
  readonly id: number;
  /** The notifications that the invocation has claimed or is claiming. */
  readonly claims: readonly Claim[];
  /** The start of the watch of which the invocation has claimed a poll, or null. */
  readonly watchStartedAt: number | null;
}

/** The invocations that have not ended. Equal lists are one object. */
export interface Running {
  readonly id: number;
  readonly items: readonly KnownInvocation[];
  readonly isSweeping: boolean;
  readonly comparisons: Comparisons;
  /** The number of `comparisons`. */
  readonly comparisonsNumber: number;
  /** The number of the list of the IDs of the messages that the invocations process. */
  readonly messageIds: number;
  /** The known lists that follow this list, by the numbers of the invocations that were removed and added. */
  readonly following: Map<number, Running>;
}

/** The messages that were delivered once and can be delivered a second time. Equal lists are one object. */
export interface Seconds {
  readonly id: number;
  readonly items: System["unrepeated"];
  /** The number of the list of the IDs of the messages. */
  readonly messageIds: number;
}

/** A state of the system in parts that the exploration knows. */
export interface State {
  readonly shared: SharedState;
  readonly running: Running;
  /** The invocation that ran last and has not ended. */
  readonly current: KnownInvocation | null;
  readonly seconds: Seconds;
  readonly hasSwept: boolean;
  readonly hasCrashed: boolean;
}

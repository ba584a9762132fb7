import { createMemoryQueue, type MemoryMessage, type QueueState } from "../simulation/memory-queue.ts";
import type { Plant } from "../simulation/plant.ts";
import type { Program } from "./positions.ts";
import { messageProgram } from "./small-service.ts";
import type { StateKeys } from "./state-keys.ts";
import type { QueuedMessage, System } from "./system.ts";

/** A message that SQS may deliver now. */
export interface Delivery extends QueuedMessage {
  readonly isSecond: boolean;
}

/** Returns the messages that can be delivered now and were not deleted. */
export function visibleMessages(
  queues: Pick<System["queues"], "poll" | "notify">,
  now: number,
): readonly QueuedMessage[] {
  return (["poll", "notify"] as const).flatMap((queue) =>
    queues[queue].messages.filter(({ visibleAt }) => visibleAt <= now).map((message) => ({ queue, message })),
  );
}

/** The results of earlier deletions, and what deliveries depend on. */
export interface DeliveryRules {
  readonly plant: Plant;
  readonly keys: StateKeys;
  readonly removals: Map<string, QueueState>;
}

/** What a delivery changes, and the program of the invocation that receives the message. */
export interface Delivered {
  readonly state: QueueState;
  /** The message that can be delivered a second time after its first delivery, or null. */
  readonly second: QueuedMessage | null;
  readonly receiptHandle: string;
  readonly program: Program;
}

/**
 * SQS gives a new receipt handle to each delivery. If a deleted message is delivered a second time, its receipt handles
 * differ from all earlier ones. No message of the small system is received that many times before.
 */
const RECEIVES_BEFORE_COPY = 15;

/** Receives a message from its queue. */
export function deliverMessage(
  { now, queues }: Pick<System, "now"> & { readonly queues: Pick<System["queues"], "poll" | "notify"> },
  { queue, message, isSecond }: Delivery,
  { keys, plant }: DeliveryRules,
): Delivered {
  const { sent, messages } = queues[queue];
  const { messageId } = message;
  const { visibilitySeconds } = plant;
  const copy = { ...message, receiveCount: message.receiveCount + RECEIVES_BEFORE_COPY };
  const stored = messages.find((other) => other.messageId === messageId) ?? copy;
  const state = { sent, messages: [{ ...stored, visibleAt: now }] };
  const single = createMemoryQueue({ name: queue, now: () => now, visibilitySeconds, state });
  const [received] = single.receive(1);
  const [inFlight] = single.state.messages;
  if (received === undefined || inFlight === undefined) throw new Error(`${messageId} cannot be received.`);
  const others = messages.filter((other) => other.messageId !== messageId);
  const inOrder = [...others, inFlight].toSorted((a, b) => (a.messageId < b.messageId ? -1 : 1));
  const isFirst = !isSecond && stored.receiveCount === 0;
  return {
    state: keys.unique({ sent, messages: inOrder }),
    // The times of a message have no effect on its second delivery.
    second: isFirst ? keys.unique({ queue, message: { ...inFlight, receivedAt: null, visibleAt: 0 } }) : null,
    receiptHandle: received.receiptHandle,
    program: messageProgram(queue, received, now, plant),
  };
}

/**
 * Returns the messages that can be delivered a second time after a delivery. The order of the first deliveries has no
 * effect on the second deliveries, so states that differ only in it are one state.
 */
export function unrepeatedAfter(
  unrepeated: System["unrepeated"],
  { message: { messageId }, isSecond }: Delivery,
  second: QueuedMessage | null,
): System["unrepeated"] {
  if (second !== null)
    return [...unrepeated, second].toSorted((a, b) => (a.message.messageId < b.message.messageId ? -1 : 1));
  return unrepeated.filter((other) => !isSecond || other.message.messageId !== messageId);
}

/** Deletes a message. As in SQS, an outdated handle deletes nothing. */
export function removeMessage(
  state: QueueState,
  receiptHandle: string,
  { keys, removals }: DeliveryRules,
): QueueState {
  const key = `${keys.numberOf(state)} ${receiptHandle}`;
  const known = removals.get(key);
  if (known !== undefined) return known;
  const { sent, messages } = state;
  const kept = messages.filter((other) => handleOf(other) !== receiptHandle);
  const removed = keys.unique({ sent, messages: kept });
  removals.set(key, removed);
  return removed;
}

export const handleOf = ({ messageId, receiveCount }: MemoryMessage) => `${messageId}/${receiveCount}`;

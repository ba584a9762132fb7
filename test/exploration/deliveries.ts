import { createMemoryQueue, type MemoryMessage, type QueueState } from "../simulation/memory-queue.ts";
import type { Plant } from "../simulation/plant.ts";
import type { Program } from "./positions.ts";
import { messageProgram } from "./small-service.ts";
import type { StateKeys } from "./state-keys.ts";
import type { System } from "./system.ts";

/** A message that SQS may deliver now. */
export interface Delivery {
  readonly queue: "poll" | "notify";
  readonly message: MemoryMessage;
  readonly isSecond: boolean;
  readonly crashes: boolean;
}

export function listDeliveries({ queues, unrepeated, now }: System): Omit<Delivery, "crashes">[] {
  const first = (["poll", "notify"] as const).flatMap((queue) =>
    queues[queue].messages
      .filter(({ visibleAt }) => visibleAt <= now)
      .map((message) => ({ queue, message, isSecond: false })),
  );
  return [...first, ...unrepeated.map((other) => ({ ...other, isSecond: true }))];
}

/** The results of earlier deliveries and deletions, and what they depend on. */
export interface DeliveryRules {
  readonly plant: Plant;
  readonly keys: StateKeys;
  readonly deliveries: Map<string, Delivered>;
  readonly removals: Map<string, QueueState>;
}

/** What a delivery changes, and the program of the invocation that receives the message. */
export interface Delivered {
  readonly state: QueueState;
  readonly unrepeated: System["unrepeated"];
  readonly receiptHandle: string;
  readonly program: Program;
}

/** Receives a message from its queue. The same delivery in the same state has the same result. */
export function deliverMessage(
  { now, queues, unrepeated }: System,
  { queue, message, isSecond }: Omit<Delivery, "crashes">,
  { keys, plant, deliveries }: DeliveryRules,
): Delivered {
  const { sent, messages } = queues[queue];
  const { messageId } = message;
  const { visibilitySeconds } = plant;
  const parts = `${keys.numberOf(queues[queue])} ${keys.numberOf(unrepeated)}`;
  const key = `${now} ${queue} ${messageId} ${isSecond} ${parts}`;
  const known = deliveries.get(key);
  if (known !== undefined) return known;
  const stored = messages.find((other) => other.messageId === messageId) ?? message;
  const state = { sent, messages: [{ ...stored, visibleAt: now }] };
  const single = createMemoryQueue({ name: queue, now: () => now, visibilitySeconds, state });
  const [received] = single.receive(1);
  const [inFlight] = single.state.messages;
  if (received === undefined || inFlight === undefined) throw new Error(`${messageId} cannot be received.`);
  const others = messages.filter((other) => other.messageId !== messageId);
  const inOrder = [...others, inFlight].toSorted((a, b) => (a.messageId < b.messageId ? -1 : 1));
  const isFirst = !isSecond && stored.receiveCount === 0;
  const added = {
    state: keys.unique({ sent, messages: inOrder }),
    unrepeated: keys.unique(
      isFirst
        ? addUnrepeated(unrepeated, queue, inFlight)
        : unrepeated.filter((other) => !isSecond || other.message.messageId !== messageId),
    ),
    receiptHandle: received.receiptHandle,
    program: messageProgram(queue, received, now, plant),
  };
  deliveries.set(key, added);
  return added;
}

/**
 * Adds a message to the messages that can be delivered a second time. The order of the first deliveries and the times of
 * a message have no effect on its second delivery, so states that differ only in them are one state.
 */
function addUnrepeated(
  known: System["unrepeated"],
  queue: Delivery["queue"],
  message: MemoryMessage,
): System["unrepeated"] {
  const added = { queue, message: { ...message, receivedAt: null, visibleAt: 0 } };
  return [...known, added].toSorted((a, b) => (a.message.messageId < b.message.messageId ? -1 : 1));
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

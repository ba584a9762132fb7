import { assertDelaysInRange, type Queue } from "../../lib/queue/queue.ts";

const MAX_VISIBILITY_MS = 43_200_000;

export interface MemoryMessage {
  readonly messageId: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly sentAt: number;
  /** Consumers cannot receive the message before this time. */
  readonly visibleAt: number;
  /** Null if the message is not in flight. */
  readonly receivedAt: number | null;
  readonly receiveCount: number;
}

/** A message in the form that a consumer receives. */
export interface Received
  extends Pick<MemoryMessage, "messageId" | "body" | "attributes" | "sentAt" | "receiveCount"> {
  readonly receiptHandle: string;
}

/** The state is plain JSON. Messages are replaced, never changed. */
export interface QueueState {
  sent: number;
  messages: MemoryMessage[];
}

export interface MemoryQueue extends Queue {
  readonly state: QueueState;
  /** Receives at most `max` visible messages, the longest visible first. */
  receive(max: number): Received[];
  /** Deletes a message. As in SQS, an outdated handle has no effect. */
  remove(receiptHandle: string): void;
  purge(): void;
}

interface MemoryQueueOptions {
  readonly name: string;
  /** The virtual clock. */
  readonly now: () => number;
  readonly visibilitySeconds: number;
  /** A message that was received `maxReceiveCount` times moves to the dead-letter queue. */
  readonly redrive?: { readonly maxReceiveCount: number; readonly to: MemoryQueue };
  readonly state?: QueueState;
}

/** Creates a model of one SQS standard queue: delay, visibility timeout, receive count and redrive. */
export function createMemoryQueue(options: MemoryQueueOptions): MemoryQueue {
  const { name, now, visibilitySeconds, redrive } = options;
  const state = options.state ?? { sent: 0, messages: [] };

  function put(message: Pick<MemoryMessage, "body" | "attributes" | "sentAt">, delaySeconds: number): void {
    state.sent += 1;
    const initial = { messageId: `${name}-${state.sent}`, receivedAt: null, receiveCount: 0 };
    state.messages.push({ ...message, ...initial, visibleAt: now() + delaySeconds * 1000 });
  }

  function replace(message: MemoryMessage, changes: Partial<MemoryMessage>): MemoryMessage {
    const next = { ...message, ...changes };
    state.messages = state.messages.map((other) => (other === message ? next : other));
    return next;
  }

  function take(message: MemoryMessage): Received[] {
    if (redrive !== undefined && message.receiveCount >= redrive.maxReceiveCount) {
      state.messages = state.messages.filter((other) => other !== message);
      redrive.to.state.messages.push({ ...message, visibleAt: now(), receivedAt: null });
      return [];
    }
    const { messageId, body, attributes, sentAt, receiveCount } = replace(message, {
      receivedAt: now(),
      visibleAt: now() + visibilitySeconds * 1000,
      receiveCount: message.receiveCount + 1,
    });
    return [
      { messageId, body, attributes, sentAt, receiveCount, receiptHandle: `${messageId}/${receiveCount}` },
    ];
  }

  const inFlight = (receiptHandle: string): MemoryMessage | undefined =>
    state.messages.find((message) => `${message.messageId}/${message.receiveCount}` === receiptHandle);

  return {
    state,

    async send(messages) {
      assertDelaysInRange(messages);
      for (const { body, delaySeconds, attributes = {} } of messages) {
        put({ body, attributes, sentAt: now() }, delaySeconds);
      }
      return messages.map(({ id }) => ({ id, kind: "sent" }));
    },

    async changeVisibility(receiptHandle, seconds) {
      const message = inFlight(receiptHandle);
      if (message === undefined || message.receivedAt === null || message.visibleAt <= now()) {
        throw new MessageNotInFlightError("The message is not in flight with this receipt handle.");
      }
      const visibleAt = now() + Math.max(0, Math.ceil(seconds)) * 1000;
      if (visibleAt - message.receivedAt > MAX_VISIBILITY_MS) {
        throw new RangeError("A message can be hidden for at most 12 hours after it was received.");
      }
      replace(message, { visibleAt });
    },

    receive(max) {
      const visible = state.messages.filter(({ visibleAt }) => visibleAt <= now());
      visible.sort((a, b) => a.visibleAt - b.visibleAt);
      return visible.slice(0, max).flatMap(take);
    },

    remove(receiptHandle) {
      const message = inFlight(receiptHandle);
      state.messages = state.messages.filter((other) => other !== message);
    },

    purge() {
      state.messages = [];
    },
  };
}

/** The message is visible or deleted, or it was received again with another handle. */
export class MessageNotInFlightError extends Error {
  override readonly name = "MessageNotInFlightError";
}

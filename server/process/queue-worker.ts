import type { Instant } from "../../lib/domain/job.ts";
import { parseTraceparentInMessage } from "../../lib/domain/traceparent.ts";
import { log } from "../../lib/runtime/log.ts";
import { type HandleMessage, handleMessageOrRetry } from "../../lib/runtime/sqs-handler.ts";
import type { QueueMessage, SqliteQueue } from "../queue/sqlite-queue.ts";

/** The number of messages in one batch, as on Lambda. */
const BATCH_MESSAGES = 10;
/** The longest time between two checks of the queue, because another process may send messages or set the clock. */
const MAX_IDLE_MS = 1000;
/** The time that the worker waits after the database has refused a read or a write. */
const RETRY_MS = 1000;

interface QueueWorkerOptions {
  readonly queue: Pick<SqliteQueue, "receive" | "remove" | "nextVisibleAt">;
  /** Creates the handler for one batch with the given number of messages. */
  readonly startBatch: (messages: number) => HandleMessage;
  /** The largest number of messages that the worker handles at the same time. */
  readonly concurrency: number;
  /** The time limit in which a handler must handle one message. */
  readonly timeLimitMs: number;
  readonly now: () => Instant;
  readonly monotonic: () => number;
}

/** Receives the messages of one queue and calls the handler for each message, as an event source of Lambda does. */
export class QueueWorker {
  readonly #options: QueueWorkerOptions;
  /**
   * The IDs of the messages that a handler works on. After a change of the clock, a message can become visible while a
   * handler still works on it.
   */
  readonly #running = new Set<string>();
  readonly #done = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  /** The time when the worker receives messages again, or null while the worker receives messages. */
  #nextReceiveAt: Instant | null = Number.POSITIVE_INFINITY;
  #mustReceiveAgain = false;
  #isStopped = false;

  constructor(options: QueueWorkerOptions) {
    this.#options = options;
  }

  /**
   * Makes the worker receive the visible messages immediately.
   * @param visibleAt the time when the new message becomes visible. If the worker will receive messages before
   * `visibleAt` anyway, the call has no effect.
   */
  wake(visibleAt: Instant = 0): void {
    if (this.#nextReceiveAt === null) this.#mustReceiveAgain = true;
    else if (visibleAt < this.#nextReceiveAt) void this.#receive();
  }

  /** Stops receiving messages, and waits until the handlers of the received messages have finished. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await Promise.all(this.#done);
  }

  async #receive(): Promise<void> {
    this.#nextReceiveAt = null;
    clearTimeout(this.#timer);
    let waitMs = MAX_IDLE_MS;
    try {
      do {
        this.#mustReceiveAgain = false;
        await this.#receiveAll();
      } while (this.#mustReceiveAgain && !this.#isStopped);
      waitMs = await this.#untilNextMessageMs();
    } catch (error) {
      log.error("queue unavailable", {}, error);
      waitMs = RETRY_MS;
    }
    this.#nextReceiveAt = this.#options.now() + waitMs;
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => this.wake(), waitMs);
  }

  async #receiveAll(): Promise<void> {
    const { queue, concurrency } = this.#options;
    while (!this.#isStopped) {
      const free = concurrency - this.#running.size;
      if (free <= 0) return;
      const received = await queue.receive(Math.min(free, BATCH_MESSAGES));
      if (received.length === 0) return;
      // If a handler already works on a message, the second copy of the message stays invisible until the visibility
      // timeout has passed.
      const batch = received.filter(({ messageId }) => !this.#running.has(messageId));
      this.#startBatch(batch);
    }
  }

  async #untilNextMessageMs(): Promise<number> {
    const { queue, now, concurrency } = this.#options;
    // If all handlers are busy, the end of one handler wakes the worker before this time.
    if (this.#running.size >= concurrency) return MAX_IDLE_MS;
    const nextVisibleAt = await queue.nextVisibleAt();
    return nextVisibleAt === null ? MAX_IDLE_MS : Math.min(MAX_IDLE_MS, Math.max(0, nextVisibleAt - now()));
  }

  #startBatch(batch: readonly QueueMessage[]): void {
    if (batch.length === 0) return;
    const handle = this.#options.startBatch(batch.length);
    for (const message of batch) {
      this.#running.add(message.messageId);
      const done = this.#handle(message, handle).finally(() => {
        this.#running.delete(message.messageId);
        this.#done.delete(done);
        if (!this.#isStopped && this.#running.size + BATCH_MESSAGES >= this.#options.concurrency) this.wake();
      });
      this.#done.add(done);
    }
  }

  async #handle(message: QueueMessage, handle: HandleMessage): Promise<void> {
    const { queue, timeLimitMs, monotonic } = this.#options;
    const { messageId, receiptHandle, body, receiveCount } = message;
    const startedAt = monotonic();
    const remainingMs = () => timeLimitMs - (monotonic() - startedAt);
    const received = { messageId, receiptHandle, body, receiveCount, remainingMs };
    const disposition = await handleMessageOrRetry(received, handle);
    if (disposition !== "acknowledged") return;
    await queue.remove(receiptHandle).catch((error: unknown) => {
      // A message that was not deleted becomes visible again and is handled again, which has no effect.
      log.error("message not deleted", { messageId, traceparent: parseTraceparentInMessage(body) }, error);
    });
  }
}

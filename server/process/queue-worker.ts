import type { Instant } from "../../lib/domain/job.ts";
import { parseTraceparentInMessage } from "../../lib/domain/traceparent.ts";
import { log } from "../../lib/runtime/log.ts";
import { type HandleMessage, handleMessageOrRetry } from "../../lib/runtime/sqs-handler.ts";
import type { QueueMessage, SqliteQueue } from "../queue/sqlite-queue.ts";

/** The number of messages per batch, as on Lambda. */
const BATCH_MESSAGES = 10;
/** The longest time between two checks of the queue, because another process may send messages or set the clock. */
const MAX_IDLE_MS = 1000;
/** The wait after the database has refused a read or write. */
const RETRY_MS = 1000;

interface QueueWorkerOptions {
  readonly queue: Pick<SqliteQueue, "receive" | "remove" | "nextVisibleAt">;
  /** Creates the handler of a batch. */
  readonly startBatch: (messages: number) => HandleMessage;
  /** How many messages are processed at the same time. */
  readonly concurrency: number;
  /** The time limit for one message. */
  readonly timeLimitMs: number;
  readonly now: () => Instant;
  readonly monotonic: () => number;
}

/** Receives the messages of a queue and calls the handler, like an event source of Lambda. */
export class QueueWorker {
  readonly #options: QueueWorkerOptions;
  /** Messages in progress. After a change of the clock, such a message can become visible again. */
  readonly #running = new Set<string>();
  readonly #done = new Set<Promise<void>>();
  #timer: NodeJS.Timeout | undefined;
  /** When the worker receives again, or null while it receives. */
  #nextReceiveAt: Instant | null = Number.POSITIVE_INFINITY;
  #mustReceiveAgain = false;
  #isStopped = false;

  constructor(options: QueueWorkerOptions) {
    this.#options = options;
  }

  /**
   * Lets the worker receive messages at once.
   * @param visibleAt when the new message becomes visible. If the worker receives before that anyway, nothing happens.
   */
  wake(visibleAt: Instant = 0): void {
    if (this.#nextReceiveAt === null) this.#mustReceiveAgain = true;
    else if (visibleAt < this.#nextReceiveAt) void this.#receive();
  }

  /** Stops receiving, and waits for the messages in progress. */
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
      // A second copy of a message in progress stays invisible until its visibility timeout.
      const batch = received.filter(({ messageId }) => !this.#running.has(messageId));
      this.#startBatch(batch);
    }
  }

  async #untilNextMessageMs(): Promise<number> {
    const { queue, now, concurrency } = this.#options;
    // If all handlers are busy, the first one that ends wakes the worker.
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
      // The message becomes visible and is processed again, which has no effect.
      log.error("message not deleted", { messageId, traceparent: parseTraceparentInMessage(body) }, error);
    });
  }
}

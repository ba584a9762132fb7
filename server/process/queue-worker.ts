import type { Instant } from "../../lib/domain/job.ts";
import { parseTraceparentInMessage } from "../../lib/domain/traceparent.ts";
import { log } from "../../lib/runtime/log.ts";
import { type HandleMessage, handleMessageOrRetryOnErrorOrTimeout } from "../../lib/runtime/sqs-handler.ts";
import type { QueueMessage, SqliteQueue } from "../queue/sqlite-queue.ts";

/** The maximum number of messages in a batch, as for SQS on AWS. */
const BATCH_MESSAGES = 10;
/**
 * The worker checks the queue for new messages at least once in this number of milliseconds. Another process, such as
 * the command `redrive`, can add messages to the queue without informing the worker.
 */
const MAX_IDLE_MS = 1000;
/** After an error of the database, the worker waits this number of milliseconds before it checks the queue again. */
const RETRY_MS = 1000;

interface QueueWorkerOptions {
  readonly queue: Pick<SqliteQueue, "receive" | "remove" | "nextVisibleAt">;
  /** Creates the handler for the messages of one batch. */
  readonly startBatch: (messages: number) => HandleMessage;
  /** The maximum number of messages that are processed at the same time. */
  readonly concurrency: number;
  /** The time limit for the processing of one message, in milliseconds. */
  readonly timeLimitMs: number;
  readonly now: () => Instant;
  readonly monotonic: () => number;
}

/**
 * Receives the messages of a queue, and calls the handler for each message. On AWS, the event source mapping of a
 * Lambda function receives the messages.
 */
export class QueueWorker {
  readonly #options: QueueWorkerOptions;
  /**
   * The IDs of the messages that are being processed. After a change of the machine's clock, a message can become
   * visible again before its processing ends.
   */
  readonly #running = new Set<string>();
  readonly #done = new Set<Promise<void>>();
  /** The latest check of the queue. The promise never rejects. */
  #receiving: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  /** The time of the worker's next check of the queue, or null while the worker receives messages. */
  #nextReceiveAt: Instant | null = Number.POSITIVE_INFINITY;
  #mustReceiveAgain = false;
  #isStopped = false;

  constructor(options: QueueWorkerOptions) {
    this.#options = options;
  }

  /**
   * Informs the worker about a new message. If the worker's next check of the queue is planned for a time after
   * `visibleAt`, the worker checks the queue now.
   * @param visibleAt the time at which the message becomes visible in the queue
   */
  wake(visibleAt: Instant = 0): void {
    if (this.#isStopped) return;
    if (this.#nextReceiveAt === null) this.#mustReceiveAgain = true;
    else if (visibleAt < this.#nextReceiveAt) this.#receiving = this.#receive();
  }

  /** Stops receiving messages, and waits until all received messages are processed. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#receiving;
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
      // While a message is being processed, the queue can return the same message again. The worker ignores a message
      // that it is already processing.
      const batch = received.filter(({ messageId }) => !this.#running.has(messageId));
      this.#startBatch(batch);
    }
  }

  async #untilNextMessageMs(): Promise<number> {
    const { queue, now, concurrency } = this.#options;
    // If the worker already processes the maximum number of messages, it waits. `wake` ends the wait as soon as a
    // message has been processed.
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
        if (this.#running.size + BATCH_MESSAGES >= this.#options.concurrency) this.wake();
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
    const disposition = await handleMessageOrRetryOnErrorOrTimeout(received, handle);
    if (disposition !== "acknowledged") return;
    await queue.remove(receiptHandle).catch((error: unknown) => {
      // A message that could not be deleted is processed again later, which has no effect.
      log.error("message not deleted", { messageId, traceparent: parseTraceparentInMessage(body) }, error);
    });
  }
}

import type { SignatureCheck } from "../notification-views/webhook.ts";

/** A notification that the receiver has received, with the HTTP status of the receiver's response. */
export interface ReceivedNotification {
  readonly number: number;
  /** The time when the notification arrived, as ISO 8601 text. */
  readonly at: string;
  readonly channel: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /**
   * The unchanged body of the HTTP request. The unchanged body is needed to check the signature of a webhook request.
   */
  readonly body: string;
  /**
   * The HTTP status of the receiver's response. The HTTP status of the receiver's response is null if the receiver did
   * not respond to the notification.
   */
  readonly status: number | null;
  readonly signature: SignatureCheck;
}

/** The received notifications in the order of their arrival. */
export class NotificationStore {
  #received: ReceivedNotification[] = [];
  #count = 0;
  readonly #waiting = new Set<() => void>();
  readonly #listeners = new Set<(notification: ReceivedNotification) => void>();

  add(notification: Omit<ReceivedNotification, "number">): void {
    this.#count += 1;
    const numbered = { ...notification, number: this.#count };
    this.#received.push(numbered);
    for (const listener of this.#listeners) listener(numbered);
    for (const check of this.#waiting) check();
  }

  /** Calls the listener for each new notification. Returns a function that removes the listener. */
  subscribe(listener: (notification: ReceivedNotification) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  clear(): void {
    this.#received = [];
  }

  /**
   * Returns the received notifications of one channel. If the argument is null, returns the notifications of all
   * channels.
   */
  list(channel: string | null): readonly ReceivedNotification[] {
    return this.#received.filter((notification) => channel === null || notification.channel === channel);
  }

  /**
   * Waits until `count` notifications have arrived, but not longer than `waitMs` milliseconds. At the end of the wait,
   * returns all notifications that have arrived.
   */
  async waitFor(options: {
    channel: string | null;
    count: number;
    waitMs: number;
  }): Promise<readonly ReceivedNotification[]> {
    const { channel, count, waitMs } = options;
    if (this.list(channel).length >= count || waitMs <= 0) return this.list(channel);
    const enough = Promise.withResolvers<void>();
    const check = () => this.list(channel).length >= count && enough.resolve();
    const timer = setTimeout(enough.resolve, waitMs);
    this.#waiting.add(check);
    await enough.promise;
    clearTimeout(timer);
    this.#waiting.delete(check);
    return this.list(channel);
  }
}

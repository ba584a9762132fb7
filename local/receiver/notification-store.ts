/** A request that arrived at the receiver. */
export interface Arrived {
  readonly number: number;
  /** ISO 8601. */
  readonly at: string;
  readonly channel: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The body, byte for byte as text: what a signature was made of. */
  readonly body: string;
  /** What the receiver answered; null while, or because, it did not. */
  readonly status: number | null;
}

/** Everything that arrived, in order, and those who wait for more. */
export class NotificationStore {
  #arrived: Arrived[] = [];
  #count = 0;
  readonly #waiting = new Set<() => void>();

  add(notification: Omit<Arrived, "number">): void {
    this.#count += 1;
    this.#arrived.push({ ...notification, number: this.#count });
    for (const poll of this.#waiting) poll();
  }

  clear(): void {
    this.#arrived = [];
  }

  list(channel: string | null): readonly Arrived[] {
    return this.#arrived.filter((notification) => channel === null || notification.channel === channel);
  }

  /** Answers as soon as `count` have arrived, or after `waitMs` with what there is. */
  async waitFor(options: {
    channel: string | null;
    count: number;
    waitMs: number;
  }): Promise<readonly Arrived[]> {
    const { channel, count, waitMs } = options;
    if (this.list(channel).length >= count || waitMs <= 0) return this.list(channel);
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#waiting.delete(poll);
        resolve();
      };
      const poll = () => this.list(channel).length >= count && end();
      const timer = setTimeout(end, waitMs);
      this.#waiting.add(poll);
    });
    return this.list(channel);
  }
}

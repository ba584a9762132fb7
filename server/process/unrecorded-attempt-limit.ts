import { LedgerUnavailableError } from "../../lib/ledger/ledger.ts";

/**
 * The number of recorded attempts after which the limit grows by one. A process that crashes again and again therefore
 * repeats only few notifications.
 */
const RECORDED_PER_ATTEMPT = 60;
/**
 * After this time without a response, an attempt no longer counts. A slow target therefore does not delay the
 * notifications to other targets.
 */
const SLOW_ANSWER_MS = 500;
/**
 * The pause before a refused record is written again. The database refuses a record if, for example, the disk is full.
 */
const RECORD_RETRY_MS = 500;
/**
 * The time after which the service gives up the record of an attempt. This time must be shorter than the lease (35 s).
 */
const RECORD_LIMIT_MS = 20_000;

interface LimitOptions {
  readonly monotonic: () => number;
  readonly wait: (ms: number) => Promise<void>;
}

/**
 * Limits the number of delivery attempts that have started and are not recorded yet. After a crash, the service sends
 * the notifications of these attempts again. The limit is 1 at first, and grows with the number of recorded attempts.
 * Without the limit, a process could send all waiting notifications before it records the first one.
 */
export class UnrecordedAttemptLimit {
  readonly #options: LimitOptions;
  readonly #waiting: ((mayStart: boolean) => void)[] = [];
  #isStopped = false;
  #recorded = 0;
  /** The number of running attempts, without the attempts whose target is slow. */
  #counted = 0;
  /** The number of attempts whose record the database has refused. */
  #refused = 0;

  constructor(options: LimitOptions) {
    this.#options = options;
  }

  /**
   * Waits until the limit allows another attempt, and then runs `attempt`. The function `attempt` sends the
   * notification and records the result. Attempts start in the order of the calls.
   * @returns the result, or null if `stop` was called before the attempt
   */
  async run<T>(attempt: () => Promise<T>): Promise<T | null> {
    const mayStart = await new Promise<boolean>((resolve) => {
      this.#waiting.push(resolve);
      this.#startWaiting();
    });
    if (!mayStart) return null;
    let isCounted = true;
    const stopCounting = () => {
      if (isCounted) this.#counted -= 1;
      isCounted = false;
      this.#startWaiting();
    };
    // Before the attempt stops counting, `setImmediate` lets the process read a response that has already arrived.
    const timer = setTimeout(() => setImmediate(stopCounting), SLOW_ANSWER_MS);
    try {
      return await attempt();
    } finally {
      clearTimeout(timer);
      stopCounting();
    }
  }

  /**
   * Records an attempt. If the database refuses the record, the function tries again. No other attempt starts until the
   * database accepts the record.
   * @throws LedgerUnavailableError if the database refuses the record for 20 s. Other errors are thrown unchanged.
   */
  async record<T>(record: () => Promise<T>): Promise<T> {
    const { monotonic, wait } = this.#options;
    const giveUpAt = monotonic() + RECORD_LIMIT_MS;
    let isRefused = false;
    try {
      for (;;) {
        try {
          const recorded = await record();
          this.#recorded += 1;
          return recorded;
        } catch (error) {
          if (!(error instanceof LedgerUnavailableError) || monotonic() >= giveUpAt) throw error;
          if (!isRefused) this.#refused += 1;
          isRefused = true;
          await wait(RECORD_RETRY_MS);
        }
      }
    } finally {
      if (isRefused) this.#refused -= 1;
      this.#startWaiting();
    }
  }

  /** Prevents further attempts. Running attempts continue. */
  stop(): void {
    this.#isStopped = true;
    this.#startWaiting();
  }

  #startWaiting(): void {
    if (this.#isStopped) {
      for (const start of this.#waiting.splice(0)) start(false);
      return;
    }
    const limit = 1 + Math.floor(this.#recorded / RECORDED_PER_ATTEMPT);
    while (this.#refused === 0 && this.#counted < limit) {
      const start = this.#waiting.shift();
      if (start === undefined) return;
      this.#counted += 1;
      start(true);
    }
  }
}

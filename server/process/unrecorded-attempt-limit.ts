import { LedgerUnavailableError } from "../../lib/ledger/ledger.ts";

/** The limit on unrecorded attempts grows by 1 after this number of recorded attempts. */
const RECORDED_PER_ATTEMPT = 60;
/**
 * An attempt that waits longer than this number of milliseconds for a response no longer counts for the limit.
 * Otherwise one slow target would delay the notifications to all other targets.
 */
const SLOW_ANSWER_MS = 500;
/**
 * The time, in milliseconds, until the service tries to record a result again. A full disk is one reason why the
 * database refuses a write.
 */
const RECORD_RETRY_MS = 500;
/**
 * The service tries to record the result of an attempt for at most this number of milliseconds. The number must be
 * smaller than the lease of a claim (35 s).
 */
const RECORD_LIMIT_MS = 20_000;

interface LimitOptions {
  readonly monotonic: () => number;
  readonly wait: (ms: number) => Promise<void>;
}

/**
 * Limits the number of unrecorded delivery attempts. An attempt is unrecorded until the database has stored its result.
 * After a crash, the service repeats all unrecorded attempts, so some targets get a notification twice. The limit
 * starts at 1 and grows with the number of recorded attempts. If a process crashes soon after each start, its limit is
 * still low, and it repeats only a few notifications.
 */
export class UnrecordedAttemptLimit {
  readonly #options: LimitOptions;
  readonly #waiting: ((mayStart: boolean) => void)[] = [];
  #isStopped = false;
  #recorded = 0;
  /** The number of running attempts that started less than `SLOW_ANSWER_MS` milliseconds ago. */
  #counted = 0;
  /** The number of finished attempts that wait because the database could not record their result. */
  #refused = 0;

  constructor(options: LimitOptions) {
    this.#options = options;
  }

  /**
   * Runs `attempt` as soon as the limit allows another attempt. The function `attempt` sends a notification and records
   * the result. Attempts start in the order in which `run` was called.
   * @returns the result, or null if `stop` was called before the attempt started
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
    // If the process was busy, it may not have read a response that has arrived. `setImmediate` lets the process read
    // the response first.
    const timer = setTimeout(() => setImmediate(stopCounting), SLOW_ANSWER_MS);
    try {
      return await attempt();
    } finally {
      clearTimeout(timer);
      stopCounting();
    }
  }

  /**
   * Records an attempt. If the database refuses to record the attempt, the function tries again. Until the attempt is
   * recorded in the database, no other attempt starts.
   * @throws LedgerUnavailableError if the database refuses the record for 20 s. If any other error occurs, the function
   * throws it unchanged.
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

  /** Prevents further attempts, but does not stop running attempts. */
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

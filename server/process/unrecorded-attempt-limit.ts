import { LedgerUnavailableError } from "../../lib/ledger/ledger.ts";

/**
 * After this number of recorded attempts, the limit on unrecorded attempts grows by one. Because of the limit, a
 * process that crashes again and again repeats only a few notifications.
 */
const RECORDED_PER_ATTEMPT = 60;
/**
 * The number of milliseconds without a response after which an attempt no longer counts. A target that responds slowly
 * does not delay the notifications to other targets.
 */
const SLOW_ANSWER_MS = 500;
/**
 * The time, in milliseconds, until the service tries to record a result again. A full disk is one reason why the
 * database refuses a write.
 */
const RECORD_RETRY_MS = 500;
/**
 * The number of milliseconds after which the service no longer tries to record the result of an attempt. The time until
 * the service gives up must be smaller than the lease of a claim (35 s).
 */
const RECORD_LIMIT_MS = 20_000;

interface LimitOptions {
  readonly monotonic: () => number;
  readonly wait: (ms: number) => Promise<void>;
}

/**
 * Limits the number of delivery attempts whose result is not recorded yet. After a crash, the service repeats the
 * attempts without a recorded result. The limit on unrecorded attempts is 1 at first and grows with the number of
 * recorded results. Without this limit, a process could send all waiting notifications before it records a result.
 */
export class UnrecordedAttemptLimit {
  readonly #options: LimitOptions;
  readonly #waiting: ((mayStart: boolean) => void)[] = [];
  #isStopped = false;
  #recorded = 0;
  /** The number of running attempts. An attempt without a response after 500 ms does not count as running. */
  #counted = 0;
  /** The number of attempts whose result the database could not record. */
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
    // With `setImmediate`, the process first reads a response that has already arrived.
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

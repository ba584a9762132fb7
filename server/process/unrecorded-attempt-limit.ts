import { LedgerUnavailableError } from "../../lib/ledger/ledger.ts";

/**
 * After `RECORDED_PER_ATTEMPT` recorded attempts, one more attempt may run in parallel. Repeated crashes repeat at most
 * one notification each, and one more per 60 recorded attempts.
 */
const RECORDED_PER_ATTEMPT = 60;
/**
 * After `SLOW_ANSWER_MS` without an answer, an attempt no longer counts, so that a slow target does not delay others.
 */
const SLOW_ANSWER_MS = 500;
/** The pause before a refused record is tried again, for example on a full disk. */
const RECORD_RETRY_MS = 500;
/** The time limit for the record of one attempt. The limit is shorter than the lease (35 s). */
const RECORD_LIMIT_MS = 20_000;

interface LimitOptions {
  readonly monotonic: () => number;
  readonly wait: (ms: number) => Promise<void>;
}

/**
 * Limits how many attempts are started and not recorded yet. A crash repeats the notifications of these attempts. The
 * limit is 1 at first, and grows with the number of recorded attempts. Without the limit, a process would send all
 * waiting notifications before it records the first.
 */
export class UnrecordedAttemptLimit {
  readonly #options: LimitOptions;
  readonly #waiting: ((mayStart: boolean) => void)[] = [];
  #isStopped = false;
  #recorded = 0;
  /** Running attempts, except those with a slow target. */
  #counted = 0;
  /** Attempts whose record the database has refused so far. */
  #refused = 0;

  constructor(options: LimitOptions) {
    this.#options = options;
  }

  /**
   * Waits until the limit allows another attempt, and runs it with its record. Attempts start in the order of the
   * calls.
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
    // `setImmediate` lets the process read a response that has already arrived, so that its record is part of the next
    // commit.
    const timer = setTimeout(() => setImmediate(stopCounting), SLOW_ANSWER_MS);
    try {
      return await attempt();
    } finally {
      clearTimeout(timer);
      stopCounting();
    }
  }

  /**
   * Records an attempt. If the database refuses the record, `record` tries again. Until the database accepts the
   * record, no other attempt starts.
   * @throws LedgerUnavailableError if the database refuses it for 20 s. Other errors are thrown unchanged.
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

  /** Starts no more attempts. Running attempts continue. */
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

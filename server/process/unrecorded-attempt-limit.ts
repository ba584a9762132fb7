import { LedgerUnavailableError } from "../../lib/ledger/ledger.ts";

/**
 * The number of recorded attempts after which one more attempt may run at the same time. A process that is killed again
 * and again repeats at most one notification per kill, and one more notification per 60 recorded attempts.
 */
const RECORDED_PER_ATTEMPT = 60;
/**
 * A delivery attempt no longer counts toward the limit after 500 ms without an answer, so that a slow target does not
 * delay attempts to other targets.
 */
const SLOW_ANSWER_MS = 500;
/**
 * The pause before the next try to record an attempt, if the database has refused the record, for example on a full
 * disk.
 */
const RECORD_RETRY_MS = 500;
/**
 * The time limit for all tries to record one attempt. `RECORD_LIMIT_MS` is shorter than the lease of a notification (35
 * s).
 */
const RECORD_LIMIT_MS = 20_000;

interface LimitOptions {
  readonly monotonic: () => number;
  readonly wait: (ms: number) => Promise<void>;
}

/**
 * Limits the number of delivery attempts that were started but are not recorded yet. If the process crashes, the
 * notifications of unrecorded attempts are sent twice. The limit is 1 after the start of the process, and grows with
 * the number of recorded attempts. Without the limit, a process that starts with many waiting notifications would send
 * all notifications before it records the first attempt.
 */
export class UnrecordedAttemptLimit {
  readonly #options: LimitOptions;
  readonly #waiting: ((mayStart: boolean) => void)[] = [];
  #isStopped = false;
  #recorded = 0;
  /** The number of running attempts, without the attempts whose target answers slowly. */
  #counted = 0;
  /** The number of attempts whose record the database has refused until now. */
  #refused = 0;

  constructor(options: LimitOptions) {
    this.#options = options;
  }

  /**
   * Waits until the limit allows another delivery attempt, and then runs the attempt with its record. Attempts start in
   * the order of the calls.
   * @returns the result of the attempt, or null if `stop` was called before the attempt could start
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
    // `setImmediate` lets the process read a response that has already arrived, and the record of this response is then
    // part of the next commit.
    const timer = setTimeout(() => setImmediate(stopCounting), SLOW_ANSWER_MS);
    try {
      return await attempt();
    } finally {
      clearTimeout(timer);
      stopCounting();
    }
  }

  /**
   * Records an attempt. If the database refuses the record, `record` tries again. Until then no other attempt starts,
   * because its record would be refused too.
   * @throws LedgerUnavailableError if the database refuses the record for 20 s. Throws the other errors of `record`.
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

  /** Starts no more delivery attempts, but lets the running attempts continue. */
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

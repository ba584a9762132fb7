import type { MonotonicClock, Random } from "../domain/job.ts";

/**
 * The minimum time limit of a request. It is also the time limit before CCE has responded for the first time. CCE
 * usually responds within 0.3 s.
 */
const DEFAULT_LIMIT_MS = 2000;
/** The latest response time of CCE, multiplied by this number, is the time limit of the next request. */
const LIMIT_FACTOR = 3;
/** After a timeout, the queries of the project wait for this time on average. */
const OPEN_MS = 30_000;

/** Stops the queries of one project for some time while CCE does not respond. */
export interface CircuitBreaker {
  /**
   * Returns the milliseconds until the next query is allowed. 0 means that a query is allowed now. Unlike
   * `waitBeforeQuery`, this function does not start a query.
   */
  remainingWaitMs(): number;
  /**
   * Returns the milliseconds until the next query is allowed. After the result 0, the calling function must start a
   * query at once.
   * @param timeLimitMs the time limit of the query in milliseconds
   */
  waitBeforeQuery(timeLimitMs: number): number;
  /**
   * Returns the time limit of a request in milliseconds. This limit does not apply when the service sends a request a
   * second time to read a large response.
   */
  requestLimitMs(): number;
  /** Records that CCE responded in time, or that the request failed for a reason other than a timeout. */
  recordReply(durationMs: number): void;
  /** Records that CCE did not respond in time. */
  recordTimeout(): void;
}

/**
 * Creates a circuit breaker (https://learn.microsoft.com/azure/architecture/patterns/circuit-breaker). While CCE does
 * not respond, many polls of one project would wait for it. These polls could occupy all instances of the function
 * `poll`, and then the polls of other projects would wait too. After a timeout, the circuit breaker therefore stops the
 * queries of the project for some time. Then it allows one query with a long time limit, which can succeed even if CCE
 * is slow. The other queries wait for the result of this query. The wait is partly random, so that the function
 * instances do not all query CCE at the same moment.
 * @param monotonic the milliseconds of a clock that is never set back
 */
export function createCircuitBreaker(monotonic: MonotonicClock, random: Random): CircuitBreaker {
  let openUntil: number | null = null;
  let usualLimitMs = DEFAULT_LIMIT_MS;
  const openFor = (ms: number) => {
    openUntil = monotonic() + ms;
  };
  const remainingWaitMs = () => (openUntil === null ? 0 : Math.max(0, openUntil - monotonic()));
  return {
    remainingWaitMs,
    waitBeforeQuery(timeLimitMs) {
      const waitMs = remainingWaitMs();
      if (waitMs === 0 && openUntil !== null) openFor(timeLimitMs);
      return waitMs;
    },
    requestLimitMs: () => (openUntil === null ? usualLimitMs : Number.POSITIVE_INFINITY),
    recordReply(durationMs) {
      openUntil = null;
      usualLimitMs = Math.max(DEFAULT_LIMIT_MS, durationMs * LIMIT_FACTOR);
    },
    recordTimeout() {
      openFor(OPEN_MS * (0.5 + random()));
    },
  };
}

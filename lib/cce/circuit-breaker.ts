import type { MonotonicClock, Random } from "../domain/job.ts";

/**
 * The time limit of the first request. The service does not know any response time of CCE yet. CCE usually responds
 * within 0.3 s.
 */
const DEFAULT_LIMIT_MS = 2000;
/** The time limit of a request is three times the latest response time of CCE, but at least 2 s. */
const LIMIT_FACTOR = 3;
/** The average time for which the queries of a project wait after a timeout. */
const OPEN_MS = 30_000;

/** Stops the queries of one project for some time while CCE does not respond. */
export interface CircuitBreaker {
  /**
   * Returns the milliseconds until the next query is allowed. If a query is allowed now, the result is 0. The call does
   * not count as a query.
   */
  remainingWaitMs(): number;
  /**
   * Returns the milliseconds until the next query is allowed. If the result is 0, the caller must start a query now.
   * @param timeLimitMs the time limit of the query in milliseconds
   */
  waitBeforeQuery(timeLimitMs: number): number;
  /**
   * Returns the time limit for the first request of a query, in milliseconds. The time limit does not apply to the
   * second request, which reads a large response.
   */
  requestLimitMs(): number;
  /** Records that CCE responded in time, or that the request failed for a reason other than a timeout. */
  recordReply(durationMs: number): void;
  /** Records that CCE did not respond in time. */
  recordTimeout(): void;
}

/**
 * Creates a circuit breaker (https://learn.microsoft.com/azure/architecture/patterns/circuit-breaker). Without the
 * circuit breaker, many polls of one project could wait for CCE at the same time. The waiting polls could use the whole
 * capacity of the function `poll`. The polls of other projects would have to wait. After the wait, the service sends
 * one query of the project, which may use the whole time limit. The other queries of the project wait for the result of
 * the first query. The first query can succeed even if CCE is slow. The wait is partly random, so that the function
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

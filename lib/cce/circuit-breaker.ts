/** The time limit of a request if no response time is known yet. CCE normally responds within 0.3 s. */
const DEFAULT_LIMIT_MS = 2000;
/** The time limit is three times the latest response time, but at least 2 s. */
const LIMIT_FACTOR = 3;
/** The average wait of the queries of a project after a timeout. */
const OPEN_MS = 30_000;

/** Stops the queries of one project while CCE accepts connections but does not respond. */
export interface CircuitBreaker {
  /** Returns the milliseconds for which no query is allowed, or 0. The call changes nothing. */
  remainingWaitMs(): number;
  /**
   * Returns the milliseconds for which no query is allowed. If the result is 0, the caller must start its query now.
   * @param timeLimitMs the time limit of the query
   */
  waitBeforeQuery(timeLimitMs: number): number;
  /**
   * Returns the time limit in milliseconds for the first request of a query. If CCE sends a large response, a second
   * request without this time limit reads the response.
   */
  requestLimitMs(): number;
  /** Records that CCE responded, or that the request failed without a timeout. */
  recordReply(durationMs: number): void;
  /** Records that CCE did not respond within the time limit. */
  recordTimeout(): void;
}

/**
 * Creates a circuit breaker (https://learn.microsoft.com/azure/architecture/patterns/circuit-breaker). Without the
 * circuit breaker, the polls of one project could fill the capacity of the function `poll`. The polls of all other
 * projects would then have to wait. After the wait, one query may use the whole time limit, and the other queries of
 * the project wait for this query. This query can succeed even if CCE is slow. The wait is partly random, so that the
 * function instances do not all query CCE at the same moment.
 * @param monotonic the milliseconds of a clock that is never set back
 */
export function createCircuitBreaker(monotonic: () => number, random: () => number): CircuitBreaker {
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

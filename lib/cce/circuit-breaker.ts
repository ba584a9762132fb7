/**
 * The time limit of a request to CCE if the service does not know how fast CCE answers. CCE normally answers within 0.3
 * s.
 */
const DEFAULT_LIMIT_MS = 2000;
/**
 * The time limit of a request to CCE is three times the duration of the latest request that CCE answered, but at least
 * 2 s.
 */
const LIMIT_FACTOR = 3;
/** The average time for which all queries of a project wait after CCE did not answer a query of this project. */
const OPEN_MS = 30_000;

/** A circuit breaker stops the queries of one project while CCE accepts connections but does not answer. */
export interface CircuitBreaker {
  /**
   * Returns the milliseconds for which no query is allowed, or 0. A call of `remainingWaitMs` does not change the
   * circuit breaker.
   */
  remainingWaitMs(): number;
  /**
   * Returns the milliseconds for which no query is allowed, or 0 if the caller may start a query now.
   * @param timeLimitMs the time limit of the query
   */
  waitBeforeQuery(timeLimitMs: number): number;
  /**
   * Returns the time limit of the first request of a query, in milliseconds. If CCE sends a large reply, a second
   * request reads the reply, and the second request does not have this time limit.
   */
  requestLimitMs(): number;
  /** Records that CCE answered a request, or that the request failed for another reason than a timeout. */
  recordReply(durationMs: number): void;
  /** Records that CCE did not answer within the time limit. */
  recordTimeout(): void;
}

/**
 * Creates a circuit breaker (https://learn.microsoft.com/azure/architecture/patterns/circuit-breaker). Without the
 * circuit breaker, the polls of a project whose CCE does not answer would use all concurrent executions of the poll
 * function, and the polls of other projects would wait. After the wait, one query gets the whole time limit, and the
 * other queries of the project wait until this query ends. Because one query may use the whole time limit, the service
 * also works if CCE answers slowly. The wait is partly random, so that the instances of the function do not all query
 * CCE at the same moment.
 * @param monotonic returns the time, in milliseconds, of a clock that is never set back
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

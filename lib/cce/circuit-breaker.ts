import type { MonotonicClock, Random } from "../domain/job.ts";

/**
 * The minimum time limit of a request. Before the first response of CCE, `DEFAULT_LIMIT_MS` is the time limit. CCE
 * usually responds within 0.3 s.
 */
const DEFAULT_LIMIT_MS = 2000;
/** The time limit of a request is the latest response time of CCE, multiplied by `LIMIT_FACTOR`. */
const LIMIT_FACTOR = 3;
/** The average time for which the queries of a project wait after a timeout. */
const OPEN_MS = 30_000;

/** Stops the queries of one project for some time while CCE does not respond. */
export interface CircuitBreaker {
  /**
   * Returns the milliseconds until the next query is allowed. If a query is allowed now, the result is 0. After a call
   * of `remainingWaitMs`, the calling function need not start a query.
   */
  remainingWaitMs(): number;
  /**
   * Returns the milliseconds until the next query is allowed. If the result is 0, the calling function must start a
   * query at once.
   * @param timeLimitMs the time limit of the query in milliseconds
   */
  waitBeforeQuery(timeLimitMs: number): number;
  /**
   * Returns the time limit of a request in milliseconds. If the service sends a second request to read a large
   * response, this limit does not apply to the second request.
   */
  requestLimitMs(): number;
  /** Records that CCE responded in time, or that the request failed for a reason other than a timeout. */
  recordReply(durationMs: number): void;
  /** Records that CCE did not respond in time. */
  recordTimeout(): void;
}

/**
 * Creates a circuit breaker (https://learn.microsoft.com/azure/architecture/patterns/circuit-breaker). If CCE does not
 * respond, many polls of one project could wait for CCE at the same time. The waiting polls could occupy all instances
 * of the function `poll`, so that the polls of other projects would also wait. After a timeout, the circuit breaker
 * therefore stops the queries of the project for some time. After the wait, the circuit breaker allows one query with a
 * long time limit, which can succeed even if CCE is slow. The other queries of the project wait for the result of the
 * first query. The wait is partly random, so that the function instances do not all query CCE at the same moment.
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

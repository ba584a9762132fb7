import type { Instant } from "../../lib/domain/job.ts";
import type { RateLimitLedger } from "../../lib/ledger/ledger.ts";

/** The period over which Huawei Cloud counts the API queries of a project: five minutes. */
const WINDOW_MS = 300_000;
/**
 * The number of API queries that a project may make in five minutes if the operator has set no quota in the config. The
 * default quota was measured on one cloud, and other clouds may have other limits.
 */
const DEFAULT_QUOTA = 200;
/**
 * The rate limit spreads 80 % of the API quota of a project evenly over time, and allows 15 % of the API quota in a
 * burst. The last 5 % of the API quota is for queries that the rate limit does not count: repeated queries after a 401
 * response, and queries for the failure reasons of subjobs.
 */
const EVEN_FRACTION = 0.8;
const BURST_FRACTION = 0.15;
/** The time for which an HTTP 429 response limits the queries of a project that has no API quota in the config. */
const THROTTLED_MS = 3_600_000;

export interface ProjectRateLimit {
  /**
   * Reserves a time for the next query of a project.
   * @param quota the configured number of queries in five minutes, or undefined
   * @returns the time at which the query may be made, or null when the rate limit does not apply to the project
   */
  reserve(project: string, quota: number | undefined): Promise<Instant | null>;
  /** Records that CCE sent an HTTP 429 response to a query of the project. */
  onThrottled(project: string): void;
}

/**
 * Creates a rate limit for the queries of each project. All Lambda instances share the rate limit of a project through
 * the ledger. The rate limit always applies to a project with an API quota in the config, and applies to any other
 * project for one hour after an HTTP 429 response. While the rate limit applies to a project, each query needs one
 * write to the ledger.
 */
export function createProjectRateLimit(
  ledger: Pick<RateLimitLedger, "reserveRequestTime">,
  now: () => Instant,
): ProjectRateLimit {
  const limitedUntil = new Map<string, Instant>();
  return {
    async reserve(project, quota) {
      if (quota === undefined && (limitedUntil.get(project) ?? 0) <= now()) return null;
      const queries = quota ?? DEFAULT_QUOTA;
      const intervalMs = Math.ceil(WINDOW_MS / (EVEN_FRACTION * queries));
      const burstMs = Math.floor(BURST_FRACTION * queries) * intervalMs;
      // The prefix `cce:` separates the rate limits of projects from the rate limits of targets, because the name of a
      // target never contains a colon.
      return ledger.reserveRequestTime(`cce:${project}`, now() - burstMs, intervalMs);
    },
    onThrottled(project) {
      limitedUntil.set(project, now() + THROTTLED_MS);
    },
  };
}

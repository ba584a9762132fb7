import type { Clock, Instant } from "../../lib/domain/job.ts";
import type { RateLimitLedger } from "../../lib/ledger/ledger.ts";

/** Huawei Cloud limits the number of API queries of each project within five minutes. */
const WINDOW_MS = 300_000;
/**
 * The quota of API queries for a project without a quota in the config. The default quota was measured in one cloud,
 * and other clouds may have other limits.
 */
const DEFAULT_QUOTA = 200;
/**
 * The service spreads 80 % of a project's quota evenly over five minutes, and may use 15 % of the quota at once. The
 * remaining 5 % is for queries that the rate limit does not count: repeated queries after HTTP status 401, and queries
 * for failure reasons of subjobs.
 */
const EVEN_FRACTION = 0.8;
const BURST_FRACTION = 0.15;
/** After a response with status 429, the service limits a project without a quota for `THROTTLED_MS`. */
const THROTTLED_MS = 3_600_000;

export interface ProjectRateLimit {
  /**
   * Reserves the time for the next query of a project.
   * @param quota the number of queries in five minutes, from the config, or undefined
   * @returns the reserved time of the query. If the rate limit does not apply to the project now, the result is null
   */
  reserve(project: string, quota: number | undefined): Promise<Instant | null>;
  /** Records that CCE answered a query of the project with status 429. */
  onThrottled(project: string): void;
}

/**
 * Creates the object that limits the queries of all projects. The ledger stores the rate limits, so all Lambda
 * instances use the same limits. If the config contains a quota for a project, the service always limits its queries.
 * For a project without a quota in the config, the service limits queries only during the hour after a response with
 * HTTP status 429. For a limited project, every query costs one write to the ledger.
 */
export function createProjectRateLimit(
  ledger: Pick<RateLimitLedger, "reserveRequestTime">,
  now: Clock,
): ProjectRateLimit {
  const limitedUntil = new Map<string, Instant>();
  return {
    async reserve(project, quota) {
      if (quota === undefined && (limitedUntil.get(project) ?? 0) <= now()) return null;
      const queries = quota ?? DEFAULT_QUOTA;
      const intervalMs = Math.ceil(WINDOW_MS / (EVEN_FRACTION * queries));
      const burstMs = Math.floor(BURST_FRACTION * queries) * intervalMs;
      // The ledger stores the rate limit of a target under the target's name. No target has the name `cce:…`, because
      // names of targets contain no colon.
      return ledger.reserveRequestTime(`cce:${project}`, now() - burstMs, intervalMs);
    },
    onThrottled(project) {
      limitedUntil.set(project, now() + THROTTLED_MS);
    },
  };
}

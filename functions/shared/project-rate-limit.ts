import type { Instant } from "../../lib/domain/job.ts";
import type { RateLimitLedger } from "../../lib/ledger/ledger.ts";

/** Huawei Cloud counts the queries of a project over five minutes. */
const WINDOW_MS = 300_000;
/**
 * The API quota of a project without a quota in the config. The default quota was measured on one cloud, and other
 * clouds may have other limits.
 */
const DEFAULT_QUOTA = 200;
/**
 * 80 % of the API quota is spread evenly over time, and 15 % may be used in a burst. The last 5 % is for queries that
 * the limit does not count. Uncounted queries are repeated queries after HTTP status 401, and queries for failure
 * reasons of subjobs.
 */
const EVEN_FRACTION = 0.8;
const BURST_FRACTION = 0.15;
/** After a response 429, a project without a quota in the config is limited for `THROTTLED_MS`. */
const THROTTLED_MS = 3_600_000;

export interface ProjectRateLimit {
  /**
   * Reserves a time for the next query of a project.
   * @param quota the configured number of queries in five minutes, or undefined
   * @returns the time of the query, or null if no limit applies
   */
  reserve(project: string, quota: number | undefined): Promise<Instant | null>;
  /** Records a response 429 for the project. */
  onThrottled(project: string): void;
}

/**
 * Creates the rate limits of all projects. All Lambda instances share the rate limits through the ledger. A project
 * with a quota in the config is always limited. A project without a quota is limited for an hour after a response 429.
 * For a limited project, each query needs one ledger write.
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
      // The prefix separates projects from targets, because names of targets contain no colon.
      return ledger.reserveRequestTime(`cce:${project}`, now() - burstMs, intervalMs);
    },
    onThrottled(project) {
      limitedUntil.set(project, now() + THROTTLED_MS);
    },
  };
}

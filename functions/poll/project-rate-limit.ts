import type { Instant } from "../../lib/domain/job.ts";
import type { RateLimitLedger } from "../../lib/ledger/ledger.ts";

/** The period over which Huawei Cloud counts queries: five minutes. */
const WINDOW_MS = 300_000;
/**
 * The number of queries that a project may make in one window if the operator has set no quota. The number was
 * measured, and other clouds may have other limits.
 */
const DEFAULT_QUOTA = 200;
/**
 * 80 % of the quota is spaced evenly, and 15 % may come in a burst. The last 5 % is for queries that the rate limit
 * does not count: repeated queries after a 401 response, and queries for the reasons of subjobs.
 */
const EVEN_FRACTION = 0.8;
const BURST_FRACTION = 0.15;
/** The time for which a project without a configured quota stays rate-limited after an HTTP 429 response. */
const THROTTLED_MS = 3_600_000;

export type ProjectRateLimit = ReturnType<typeof createProjectRateLimit>;

/**
 * Creates a rate limit for the queries of each project that all instances of the function share. A project with a
 * configured quota is always rate-limited. Any other project is rate-limited for one hour after an HTTP 429 response. A
 * reservation costs one write to the ledger. A project that is not rate-limited costs no write.
 */
export function createProjectRateLimit(
  ledger: Pick<RateLimitLedger, "reserveRequestTime">,
  now: () => Instant,
) {
  const limitedUntil = new Map<string, Instant>();
  return {
    /**
     * Reserves the next query of a project.
     * @param quota the configured number of queries in five minutes, or undefined
     * @returns the time at which the query may be made, or null when the project is not rate-limited
     */
    async reserve(project: string, quota: number | undefined): Promise<Instant | null> {
      if (quota === undefined && (limitedUntil.get(project) ?? 0) <= now()) return null;
      const queries = quota ?? DEFAULT_QUOTA;
      const intervalMs = Math.ceil(WINDOW_MS / (EVEN_FRACTION * queries));
      const burstMs = Math.floor(BURST_FRACTION * queries) * intervalMs;
      // The ledger stores the rate limit of a project next to the rate limits of targets. The name of a target never
      // contains a colon.
      return ledger.reserveRequestTime(`cce:${project}`, now() - burstMs, intervalMs);
    },
    /** Records that CCE answered a query of this project with HTTP 429. */
    onThrottled(project: string): void {
      limitedUntil.set(project, now() + THROTTLED_MS);
    },
  };
}

import type { Instant } from "../../lib/domain/job.ts";
import type { RateLimitLedger } from "../../lib/ledger/ledger.ts";

/** Huawei Cloud counts queries over five minutes. */
const WINDOW_MS = 300_000;
/** Queries that a project may make in one window when the operator has set no quota. Observed; clouds differ. */
const DEFAULT_QUOTA = 200;
/**
 * 80 % of the quota is spaced evenly and 15 % may come in a burst. The rest is for queries that this limit does not
 * count: repeated queries after a 401, and queries for the reasons of subjobs.
 */
const EVEN_FRACTION = 0.8;
const BURST_FRACTION = 0.15;
/** How long after a 429 a project without a configured quota stays rate-limited. */
const THROTTLED_MS = 3_600_000;

export type ProjectRateLimit = ReturnType<typeof createProjectRateLimit>;

/**
 * Limits the queries of each project, over all instances of the function together. A project with a configured quota is always rate-limited. Any other project is rate-limited for an hour after a 429.
 * A reservation is one write to the ledger. A project that is not rate-limited costs no write.
 */
export function createProjectRateLimit(
  ledger: Pick<RateLimitLedger, "reserveRequestTime">,
  now: () => Instant,
) {
  const limitedUntil = new Map<string, Instant>();
  return {
    /**
     * Reserves the next query of a project.
     * @param quota the configured number of queries in five minutes, if any
     * @returns when the query may be made, or null when the project is not rate-limited
     */
    async reserve(project: string, quota: number | undefined): Promise<Instant | null> {
      if (quota === undefined && (limitedUntil.get(project) ?? 0) <= now()) return null;
      const queries = quota ?? DEFAULT_QUOTA;
      const intervalMs = Math.ceil(WINDOW_MS / (EVEN_FRACTION * queries));
      const burstMs = Math.floor(BURST_FRACTION * queries) * intervalMs;
      // The ledger keeps this rate limit among those of targets. The name of a target contains no colon.
      return ledger.reserveRequestTime(`cce:${project}`, now() - burstMs, intervalMs);
    },
    /** Records that CCE answered a query of this project with 429. */
    onThrottled(project: string): void {
      limitedUntil.set(project, now() + THROTTLED_MS);
    },
  };
}

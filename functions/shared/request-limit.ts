import type { Instant } from "../../lib/domain/job.ts";

const MINUTE_MS = 60_000;
/** The limit remembers at most this many callers. A caller in excess starts with a new minute. */
const MAX_CALLERS = 1000;

/** Counts a request of a caller. Returns the whole seconds until the next allowed request, or null if it is allowed. */
export type LimitRequests = (caller: string, requestsPerMinute: number) => number | null;

/**
 * Creates a limit for the requests of each caller in a minute. Each instance of a function counts its own requests, so
 * that a request costs no write to the ledger. The limit is therefore approximate.
 */
export function createRequestLimit(now: () => Instant): LimitRequests {
  const callers = new Map<string, { readonly startedAt: Instant; readonly requests: number }>();
  return (caller, requestsPerMinute) => {
    if (requestsPerMinute === 0) return null;
    const known = callers.get(caller);
    // A minute that starts far in the future was counted before the clock was set back.
    const isNew = known === undefined || Math.abs(now() - known.startedAt) >= MINUTE_MS;
    const current = isNew ? { startedAt: now(), requests: 0 } : known;
    if (current.requests >= requestsPerMinute)
      return Math.max(1, Math.ceil((current.startedAt + MINUTE_MS - now()) / 1000));
    if (callers.size >= MAX_CALLERS && !callers.has(caller)) callers.clear();
    callers.set(caller, { ...current, requests: current.requests + 1 });
    return null;
  };
}

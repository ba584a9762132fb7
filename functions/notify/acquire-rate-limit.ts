import { minIntervalMs } from "../../lib/channels/channel.ts";
import { channelOf, type Target } from "../../lib/channels/registry.ts";
import { firstAttemptDelaySeconds } from "../../lib/channels/retry-schedule.ts";
import type { Settings } from "../../lib/config/settings.ts";
import type { Instant } from "../../lib/domain/job.ts";
import type { RateLimitLedger } from "../../lib/ledger/ledger.ts";
import type { DeliveryRecord } from "../../lib/ledger/notification.ts";

/**
 * SQS can only delay a message by whole seconds. A notification with a reserved time therefore becomes visible in its
 * queue before that time, and the function waits for the rest. The value is longer than one second and the usual time
 * from the queue to the function together, so a notification rarely misses its reserved time.
 */
export const EARLY_MS = 1500;
/**
 * The time between the reservation and the earliest reserved time. A new Lambda instance needs about this time to start a
 * request. Without this time, the first request would start late, and the second request would follow too early.
 */
export const LEAD_MS = 150;
/** The function ignores a shorter wait for the end of the waiting time after an HTTP 429 response. */
const MIN_WAIT_MS = 100;

export interface AcquireRateLimitPorts {
  readonly ledger: Pick<RateLimitLedger, "reserveRequestTime">;
  readonly settings: Settings;
  readonly random: () => number;
  readonly now: () => Instant;
}

type AcquiredRateLimit =
  /** The request to the target may be sent at `requestAt`. This time is at most `EARLY_MS` in the future. */
  | { readonly kind: "acquired"; readonly requestAt: Instant }
  /**
   * The message must stay in its queue until the time `until`. The rate limit has reserved the time `requestAt` for the
   * request. `requestAt` is null if no time is reserved.
   */
  | { readonly kind: "postpone"; readonly until: Instant; readonly requestAt: Instant | null };

/**
 * Decides when one request to a target may be sent. The request waits for the first step of the retry schedule, for the
 * end of the waiting time after an HTTP 429 response, and for the rate limit of the channel. The rate limit reserves
 * one time for each request. A request that missed its reserved time gets a new one, because the next times belong to
 * other requests.
 */
export async function acquireRateLimit(
  targetName: string,
  target: Target,
  record: DeliveryRecord,
  throttledUntil: Instant,
  { ledger, settings, random, now: clock }: AcquireRateLimitPorts,
): Promise<AcquiredRateLimit> {
  const now = clock();
  if (record.nextAttemptAt === null) {
    const firstWaitMs = firstAttemptDelaySeconds(settings.retry.scheduleSeconds, random()) * 1000;
    if (firstWaitMs > 0) return { kind: "postpone", until: now + firstWaitMs, requestAt: null };
  }
  const reservedAt = record.requestAt !== null && record.requestAt >= now ? record.requestAt : null;
  if (throttledUntil > (reservedAt ?? now) + MIN_WAIT_MS)
    return { kind: "postpone", until: throttledUntil, requestAt: null };
  const intervalMs = minIntervalMs(channelOf(target.kind).rateLimit);
  if (intervalMs === 0) return { kind: "acquired", requestAt: now };
  const requestAt = reservedAt ?? (await ledger.reserveRequestTime(targetName, now + LEAD_MS, intervalMs));
  return requestAt - now <= EARLY_MS
    ? { kind: "acquired", requestAt }
    : { kind: "postpone", until: requestAt - EARLY_MS, requestAt };
}

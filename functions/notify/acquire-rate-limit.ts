import { minIntervalMs } from "../../lib/channels/channel.ts";
import { channelOf, type Target } from "../../lib/channels/registry.ts";
import { firstWaitSeconds } from "../../lib/channels/retry-schedule.ts";
import type { Settings } from "../../lib/config/settings.ts";
import type { Instant } from "../../lib/domain/job.ts";
import type { RateLimitLedger } from "../../lib/ledger/ledger.ts";
import type { DeliveryRecord } from "../../lib/ledger/notification.ts";

/** The shortest wait that is worth another receive of the message. SQS waits in whole seconds. */
const MIN_WAIT_MS = 100;

export interface AcquireRateLimitPorts {
  readonly ledger: Pick<RateLimitLedger, "reserveRequestTime" | "tryAcquireRequest">;
  readonly settings: Settings;
  readonly random: () => number;
}

/**
 * Acquires permission to send one request to a target. Returns null when the request may be sent now. Otherwise returns
 * the time until which the notification must wait. The wait is for the first step of the retry schedule, for the end of
 * a throttle (HTTP 429), or for the rate limit of the channel. `nextAttemptReserved` means that a request is reserved
 * at that time.
 */
export async function acquireRateLimit(
  targetName: string,
  target: Target,
  record: DeliveryRecord,
  { throttledUntil, now }: { readonly throttledUntil: Instant; readonly now: Instant },
  { ledger, settings, random }: AcquireRateLimitPorts,
): Promise<{ readonly until: Instant; readonly nextAttemptReserved: boolean } | null> {
  if (record.nextAttemptAt === null) {
    const firstWaitMs = firstWaitSeconds(settings.retry.scheduleSeconds, random()) * 1000;
    if (firstWaitMs > 0) return { until: now + firstWaitMs, nextAttemptReserved: false };
  }
  if (throttledUntil > now + MIN_WAIT_MS) return { until: throttledUntil, nextAttemptReserved: false };
  const intervalMs = minIntervalMs(channelOf(target.kind).rateLimit);
  if (intervalMs === 0) return null;
  if (!record.nextAttemptReserved) {
    const requestAt = await ledger.reserveRequestTime(targetName, now, intervalMs);
    if (requestAt > now + MIN_WAIT_MS) return { until: requestAt, nextAttemptReserved: true };
  }
  // Two notifications with different reservations can become visible in the same second.
  if (await ledger.tryAcquireRequest(targetName, now, intervalMs)) return null;
  return { until: now + intervalMs, nextAttemptReserved: true };
}

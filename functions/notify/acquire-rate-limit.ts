import { minIntervalMs } from "../../lib/channels/channel.ts";
import { channelOf, type Target } from "../../lib/channels/registry.ts";
import { firstWaitSeconds } from "../../lib/channels/retry-schedule.ts";
import type { Settings } from "../../lib/config/settings.ts";
import type { Instant } from "../../lib/domain/job.ts";
import type { RateLimitLedger } from "../../lib/ledger/ledger.ts";
import type { DeliveryRecord } from "../../lib/ledger/notification.ts";

/**
 * For a shorter wait, the function sends the request at once and does not put the message back into the queue. SQS can
 * only delay a message by whole seconds.
 */
const MIN_WAIT_MS = 100;

export interface AcquireRateLimitPorts {
  readonly ledger: Pick<RateLimitLedger, "reserveRequestTime" | "tryAcquireRequest">;
  readonly settings: Settings;
  readonly random: () => number;
}

/**
 * Checks whether one request to a target may be sent now. Returns null when the request may be sent now, else the time
 * until which the notification must wait. The notification waits for the first step of the retry schedule, for the end
 * of the waiting time after an HTTP 429 response, or for the rate limit of the channel. `nextAttemptReserved` means
 * that the rate limit has reserved that time for the request.
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
  // Two notifications can become visible in the same second, even if the rate limit has reserved different times for
  // them.
  if (await ledger.tryAcquireRequest(targetName, now, intervalMs)) return null;
  return { until: now + intervalMs, nextAttemptReserved: true };
}

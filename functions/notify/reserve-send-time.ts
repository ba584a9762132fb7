import { minIntervalWithMarginMs } from "../../lib/channels/channel.ts";
import { channelOf, type Target } from "../../lib/channels/registry.ts";
import { firstAttemptDelayWithJitterSeconds } from "../../lib/channels/retry-schedule.ts";
import type { Settings } from "../../lib/config/settings.ts";
import type { Clock, Instant, Random } from "../../lib/domain/job.ts";
import type { RateLimitLedger } from "../../lib/ledger/ledger.ts";
import type { DeliveryRecord } from "../../lib/ledger/notification.ts";

/**
 * A message becomes visible `EARLY_MS` before the time that is reserved for its request. SQS can delay a message only
 * by whole seconds. The function itself waits until the exact time. `EARLY_MS` is longer than one second plus the usual
 * time that a message needs from the queue to the function.
 */
export const EARLY_MS = 1500;
/**
 * The minimum time between a reservation and the request. A new Lambda instance needs about 150 ms before it can send a
 * request. Without `LEAD_MS`, the first request would be late, and the second request would follow too soon.
 */
export const LEAD_MS = 150;
/** The shortest remaining wait after HTTP status 429 for which the function still waits. */
const MIN_WAIT_MS = 100;

export interface ReserveSendTimePorts {
  readonly ledger: Pick<RateLimitLedger, "reserveRequestTime">;
  readonly settings: Settings;
  readonly random: Random;
  readonly now: Clock;
}

type ReservedSendTime =
  /** The function may send the request at `requestAt`, which is at most `EARLY_MS` from now. */
  | { readonly kind: "acquired"; readonly requestAt: Instant }
  /**
   * The message must stay in the queue until the time `until`. `requestAt` is the reserved time of the request, or
   * null.
   */
  | { readonly kind: "postpone"; readonly until: Instant; readonly requestAt: Instant | null };

/**
 * Reserves the time for the next request to a target. The request waits for the first step of the retry schedule, the
 * wait after HTTP status 429, and the rate limit. If the reserved time has passed, the function reserves a new time.
 * The times after the reserved time belong to other requests.
 */
export async function reserveSendTime(
  targetName: string,
  target: Target,
  record: DeliveryRecord,
  throttledUntil: Instant,
  { ledger, settings, random, now: clock }: ReserveSendTimePorts,
): Promise<ReservedSendTime> {
  const now = clock();
  if (record.nextAttemptAt === null) {
    const firstWaitMs = firstAttemptDelayWithJitterSeconds(settings.retry.scheduleSeconds, random()) * 1000;
    if (firstWaitMs > 0) return { kind: "postpone", until: now + firstWaitMs, requestAt: null };
  }
  const reservedAt = record.requestAt !== null && record.requestAt >= now ? record.requestAt : null;
  if (throttledUntil > (reservedAt ?? now) + MIN_WAIT_MS)
    return { kind: "postpone", until: throttledUntil, requestAt: null };
  const intervalMs = minIntervalWithMarginMs(channelOf(target.kind).rateLimit);
  if (intervalMs === 0) return { kind: "acquired", requestAt: now };
  const requestAt = reservedAt ?? (await ledger.reserveRequestTime(targetName, now + LEAD_MS, intervalMs));
  return requestAt - now <= EARLY_MS
    ? { kind: "acquired", requestAt }
    : { kind: "postpone", until: requestAt - EARLY_MS, requestAt };
}

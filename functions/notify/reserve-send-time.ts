import { minIntervalWithMarginMs } from "../../lib/channels/channel.ts";
import { channelOf, type Target } from "../../lib/channels/registry.ts";
import { firstAttemptDelayWithJitterSeconds } from "../../lib/channels/retry-schedule.ts";
import type { Settings } from "../../lib/config/settings.ts";
import type { Clock, Instant, Random } from "../../lib/domain/job.ts";
import type { RateLimitLedger } from "../../lib/ledger/ledger.ts";
import type { DeliveryRecord } from "../../lib/ledger/notification.ts";

/**
 * A postponed message becomes visible `EARLY_MS` before the time that is reserved for its request. After the delivery
 * of the message, the function waits until the exact reserved time. The reason: SQS delays messages only by whole
 * seconds, and needs some time to deliver a message.
 */
export const EARLY_MS = 1500;
/**
 * The time that the function reserves for a request is at least `LEAD_MS` after the reservation. A new Lambda instance
 * needs about 150 ms before it can send a request. Without `LEAD_MS`, the first request of a new instance would be
 * late, and too close to the second request.
 */
export const LEAD_MS = 150;
/** After HTTP status 429, the function does not postpone a message by less than `MIN_WAIT_MS`. */
const MIN_WAIT_MS = 100;

export interface ReserveSendTimePorts {
  readonly ledger: Pick<RateLimitLedger, "reserveRequestTime">;
  readonly settings: Settings;
  readonly random: Random;
  readonly now: Clock;
}

type ReservedSendTime =
  /** The request may be sent at `requestAt`. `requestAt` is at most `EARLY_MS` in the future. */
  | { readonly kind: "acquired"; readonly requestAt: Instant }
  /**
   * The message must stay in the queue until the time `until`. `requestAt` is the time that is reserved for the
   * request, or null if no time is reserved.
   */
  | { readonly kind: "postpone"; readonly until: Instant; readonly requestAt: Instant | null };

/**
 * Reserves the time for the next request to a target. The service sends the request only after three waits: the first
 * step of the retry schedule, the wait after HTTP status 429, and the wait for the rate limit. If the time that an
 * earlier call reserved is already over, the function reserves a new time.
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

import { minIntervalWithMarginMs } from "../../lib/channels/channel.ts";
import { channelOf, type Target } from "../../lib/channels/registry.ts";
import { firstAttemptDelayWithJitterSeconds } from "../../lib/channels/retry-schedule.ts";
import type { Settings } from "../../lib/config/settings.ts";
import type { Instant } from "../../lib/domain/job.ts";
import type { RateLimitLedger } from "../../lib/ledger/ledger.ts";
import type { DeliveryRecord } from "../../lib/ledger/notification.ts";

/**
 * A notification message becomes visible in its queue `EARLY_MS` before the time that the rate limit has reserved. SQS
 * delays a message only by whole seconds, so the notify function waits for the exact time itself. `EARLY_MS` is longer
 * than one second plus the usual time from the queue to the function, so a notification rarely misses its reserved
 * time.
 */
export const EARLY_MS = 1500;
/**
 * The shortest time between a reservation and the reserved time of the request. A new Lambda instance needs about 150
 * ms to start a request. Without the lead time of 150 ms, a first request would start late, and the second request
 * would follow too soon.
 */
export const LEAD_MS = 150;
/** If at most 100 ms of the waiting time after an HTTP 429 response remain, a request does not wait. */
const MIN_WAIT_MS = 100;

export interface ReserveSendTimePorts {
  readonly ledger: Pick<RateLimitLedger, "reserveRequestTime">;
  readonly settings: Settings;
  readonly random: () => number;
  readonly now: () => Instant;
}

type ReservedSendTime =
  /** The request to the target may be sent at `requestAt`, which is at most `EARLY_MS` in the future. */
  | { readonly kind: "acquired"; readonly requestAt: Instant }
  /**
   * The queue message must stay in its queue until the time `until`. `requestAt` is the time that the rate limit has
   * reserved for the request, or null.
   */
  | { readonly kind: "postpone"; readonly until: Instant; readonly requestAt: Instant | null };

/**
 * Decides when one request to a target may be sent. A request waits for the first step of the retry schedule, for the
 * end of the waiting time after an HTTP 429 response, and for the rate limit of the channel. If a request missed the
 * time that the rate limit reserved, the function reserves a new time, because the next times already belong to other
 * requests.
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

import { minIntervalWithMarginMs } from "../../lib/channels/channel.ts";
import { channelOf, type Target } from "../../lib/channels/registry.ts";
import { firstAttemptDelayWithJitterSeconds } from "../../lib/channels/retry-schedule.ts";
import type { Settings } from "../../lib/config/settings.ts";
import type { Instant } from "../../lib/domain/job.ts";
import type { RateLimitLedger } from "../../lib/ledger/ledger.ts";
import type { DeliveryRecord } from "../../lib/ledger/notification.ts";

/**
 * A message becomes visible `EARLY_MS` before its reserved time. SQS delays only by whole seconds, so the function
 * waits for the exact time itself. `EARLY_MS` is longer than one second plus the usual time from the queue to the
 * function.
 */
export const EARLY_MS = 1500;
/**
 * The shortest time between a reservation and its request, because a new Lambda instance needs about 150 ms to start a
 * request. Without this lead time, the first request would start after its reserved time, and the next request would
 * follow too soon.
 */
export const LEAD_MS = 150;
/** A shorter remaining wait after a response 429 is ignored. */
const MIN_WAIT_MS = 100;

export interface ReserveSendTimePorts {
  readonly ledger: Pick<RateLimitLedger, "reserveRequestTime">;
  readonly settings: Settings;
  readonly random: () => number;
  readonly now: () => Instant;
}

type ReservedSendTime =
  /** The request may be sent at `requestAt`, at most `EARLY_MS` from now. */
  | { readonly kind: "acquired"; readonly requestAt: Instant }
  /** The message must stay in its queue until `until`. `requestAt` is the reserved time, or null. */
  | { readonly kind: "postpone"; readonly until: Instant; readonly requestAt: Instant | null };

/**
 * Reserves the time of the next request to a target. The request waits for three times: the first step of the retry
 * schedule, the end of a wait after HTTP status 429, and the rate limit. If a request missed its reserved time, a new
 * time is reserved, because the next times belong to other requests.
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

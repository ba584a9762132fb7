import { minIntervalMs } from "../../lib/channels/channel.ts";
import { channelOf } from "../../lib/channels/registry.ts";
import { firstWaitSeconds } from "../../lib/channels/retry-schedule.ts";
import type { Settings } from "../../lib/config/settings.ts";
import type { Instant } from "../../lib/domain/job.ts";
import type { DeliveryRecord as Standing } from "../../lib/ledger/notification-ledger.ts";
import type { TargetLedger, TargetState } from "../../lib/ledger/target-ledger.ts";
import type { Notification } from "./resolve-notification.ts";

/** A wait this short is not worth a trip through the queue, whose clock ticks in seconds. */
const AT_ONCE_MS = 100;

export interface TurnPorts {
  readonly ledger: Pick<TargetLedger, "reserveRequestTime" | "tryAcquireRequest">;
  readonly settings: Settings;
  readonly random: () => number;
}

/** Null when it is this notification's turn at its target; else until when it waits, and whether that place is its own. */
export async function turn(
  { target, key }: Notification,
  {
    standing,
    state,
    now,
  }: { readonly standing: Standing; readonly state: TargetState; readonly now: Instant },
  { ledger, settings, random }: TurnPorts,
): Promise<{ until: Instant; nextAttemptReserved: boolean } | null> {
  // What will not be sent needs no turn.
  if (target === null || state.offSince !== null) return null;
  if (standing.nextAttemptAt === null) {
    const firstWaitMs = firstWaitSeconds(settings.retry.scheduleSeconds, random()) * 1000;
    if (firstWaitMs > 0) return { until: now + firstWaitMs, nextAttemptReserved: false };
  }
  const { throttledUntil } = state;
  if (throttledUntil > now + AT_ONCE_MS) return { until: throttledUntil, nextAttemptReserved: false };
  const intervalMs = minIntervalMs(channelOf(target).rateLimit);
  if (intervalMs === 0) return null;
  if (!standing.nextAttemptReserved) {
    const slot = await ledger.reserveRequestTime(key.target, now, intervalMs);
    if (slot > now + AT_ONCE_MS) return { until: slot, nextAttemptReserved: true };
  }
  if (await ledger.tryAcquireRequest(key.target, now, intervalMs)) return null;
  return { until: now + intervalMs, nextAttemptReserved: true };
}

import { paceMs } from "../../lib/deliver/pace.ts";
import { firstWaitSeconds } from "../../lib/deliver/retry.ts";
import type { Instant } from "../../lib/job.ts";
import type { Delivery as Standing } from "../../lib/ledger/notice-ledger.ts";
import type { TargetLedger, TargetState } from "../../lib/ledger/target-ledger.ts";
import type { Settings } from "../../lib/settings.ts";
import type { Notice } from "./notice-subject.ts";

/** A wait this short is not worth a trip through the queue, whose clock ticks in seconds. */
const AT_ONCE_MS = 100;

export interface TurnPorts {
  readonly ledger: Pick<TargetLedger, "reserveSlot" | "passGate">;
  readonly settings: Settings;
  readonly random: () => number;
}

/** Null when it is this notice's turn at its target; else until when it waits, and whether that place is its own. */
export async function turn(
  { target, key }: Notice,
  {
    standing,
    state,
    now,
  }: { readonly standing: Standing; readonly state: TargetState; readonly now: Instant },
  { ledger, settings, random }: TurnPorts,
): Promise<{ until: Instant; slotReserved: boolean } | null> {
  // What will not be sent needs no turn.
  if (target === null || state.offSince !== null) return null;
  if (standing.nextAttemptAt === null) {
    const firstWaitMs = firstWaitSeconds(settings.retry.scheduleSeconds, random()) * 1000;
    if (firstWaitMs > 0) return { until: now + firstWaitMs, slotReserved: false };
  }
  const { holdUntil } = state;
  if (holdUntil > now + AT_ONCE_MS) return { until: holdUntil, slotReserved: false };
  const intervalMs = paceMs(target.kind);
  if (intervalMs === 0) return null;
  if (!standing.slotReserved) {
    const slot = await ledger.reserveSlot(key.target, now, intervalMs);
    if (slot > now + AT_ONCE_MS) return { until: slot, slotReserved: true };
  }
  if (await ledger.passGate(key.target, now, intervalMs)) return null;
  return { until: now + intervalMs, slotReserved: true };
}

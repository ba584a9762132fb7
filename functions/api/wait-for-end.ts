import type { WaitingLimits } from "../../lib/ledger/waiting-calls.ts";
import type { Watch } from "../../lib/ledger/watch.ts";
import type { WatchProgress } from "../../lib/ledger/watch-ledger.ts";
import type { RequestPorts } from "./api-ports.ts";

/** The time between two reads of the ledger while an API call waits until a watch ends. */
const REREAD_MS = 1_000;
/** The time that an API call keeps free for its last read of the ledger and for its response. */
const RESPONSE_MS = 2_000;

/**
 * The calls that may wait at the same time on AWS. Each waiting call keeps one execution of a function busy, and a new
 * account of AWS has ten concurrent executions for all functions. An immediate response costs less than a call that
 * waits, so a larger number would not be cheaper.
 */
export const AWS_WAITING_LIMITS: WaitingLimits = { total: 4, perCaller: 2 };

/**
 * `over`: the call has waited, so the watch may have changed. `not_needed`: the watch does not change while the call
 * could wait. `too_many`: too many calls wait already.
 */
export type WaitResult = "over" | "not_needed" | "too_many";

/**
 * Waits until a watch ends. Only a poll can end a watch. Therefore the function does not wait if the next poll is
 * planned after the waiting time. The function also stops waiting when a poll was recorded and the following poll is
 * planned after the waiting time. A waiting call reads one small item in a second.
 * @param caller the name of the caller, whose calls are counted
 */
export async function waitForEnd(
  watch: Watch,
  caller: string,
  waitSeconds: number,
  { ledger, now, wait, remainingMs, waitingLimits }: RequestPorts,
): Promise<WaitResult> {
  const until = now() + Math.min(waitSeconds * 1000, remainingMs() - RESPONSE_MS);
  const mayEnd = (progress: WatchProgress | null): progress is WatchProgress =>
    progress?.state === "watching" && now() < until && (progress.nextPollAt ?? 0) <= until;
  if (!mayEnd(watch)) return "not_needed";
  const call = { caller, until };
  const number = await ledger.startWaiting(call, now(), waitingLimits);
  if (number === null) return "too_many";
  try {
    for (let progress: WatchProgress | null = watch; mayEnd(progress); ) {
      await wait(Math.min(REREAD_MS, until - now()));
      progress = await ledger.readProgress(watch);
    }
  } finally {
    await ledger.endWaiting(number, call);
  }
  return "over";
}

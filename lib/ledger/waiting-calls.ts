import type { Instant } from "../domain/job.ts";

/** A call of the API that waits for the end of a watch. Each such call keeps one execution of a function busy. */
export interface WaitingCall {
  readonly caller: string;
  /** The latest time at which the call ends. After this time, the ledger no longer counts the call. */
  readonly until: Instant;
}

/** The largest numbers of calls that wait at the same time. */
export interface WaitingLimits {
  readonly total: number;
  readonly perCaller: number;
}

export interface WaitingCallLedger {
  /**
   * Counts a call that begins to wait. Returns the number of the call, which is below `limits.total`. Returns null if
   * too many calls wait already. If several calls begin at the same time, the ledger may return null although one more
   * call could wait.
   */
  startWaiting(call: WaitingCall, now: Instant, limits: WaitingLimits): Promise<number | null>;
  /** Ends the counting of a waiting call before the latest time at which the call ends. */
  endWaiting(number: number, call: WaitingCall): Promise<void>;
}

/** Returns a number that no waiting call has. Returns null if the call may not wait. */
export function findFreeCallNumber(
  calls: Readonly<Record<number, WaitingCall>>,
  caller: string,
  now: Instant,
  { total, perCaller }: WaitingLimits,
): number | null {
  const numbers = Array.from({ length: total }, (_, number) => number);
  const isFree = (number: number) => (calls[number]?.until ?? 0) <= now;
  const own = numbers.filter((number) => !isFree(number) && calls[number]?.caller === caller);
  return own.length >= perCaller ? null : (numbers.find(isFree) ?? null);
}

import type { Instant } from "../../domain/job.ts";
import { POLL_HISTORY } from "../watch.ts";

/** The number of values of a byte without its highest bit. The highest bit is set if the number has a further byte. */
const STEP = 128;

/**
 * Converts the latest `POLL_HISTORY` times to bytes, or to null if there is no time. The bytes contain the differences
 * between the times, from the lowest seven bits to the highest ones. A difference of up to 17 minutes needs three bytes.
 * A difference is negative if the clock was set back, so the lowest bit contains the sign.
 */
export function encodeLatestInstants(instants: readonly Instant[]): Uint8Array | null {
  const latest = instants.slice(-POLL_HISTORY);
  const bytes: number[] = [];
  for (const [i, instant] of latest.entries()) {
    const difference = instant - (latest[i - 1] ?? 0);
    let rest = 2 * Math.abs(difference) + (difference < 0 ? 1 : 0);
    while (rest >= STEP) {
      bytes.push(STEP + (rest % STEP));
      rest = Math.floor(rest / STEP);
    }
    bytes.push(rest);
  }
  return latest.length === 0 ? null : Uint8Array.from(bytes);
}

/** Converts the bytes of `encodeLatestInstants` back to times. */
export function decodeInstants(bytes: Uint8Array | null): Instant[] {
  const instants: Instant[] = [];
  let [instant, value, factor] = [0, 0, 1];
  for (const byte of bytes ?? []) {
    value += (byte % STEP) * factor;
    factor *= STEP;
    if (byte >= STEP) continue;
    instant += value % 2 === 0 ? value / 2 : (1 - value) / 2;
    instants.push(instant);
    [value, factor] = [0, 1];
  }
  return instants;
}

import type { Instant } from "../../domain/job.ts";

/**
 * Packs ascending instants into few bytes: the first as it is, then the distance to each next, as variable-length
 * integers of seven bits a byte (LEB128). Sixty polls take about 180 bytes. A clock that went back counts as standing still.
 */
export function packInstants(instants: readonly Instant[]): Uint8Array | null {
  if (instants.length === 0) return null;
  const bytes: number[] = [];
  let before = 0;
  for (const instant of instants) {
    let rest = Math.max(0, Math.round(instant) - before);
    before += rest;
    while (rest >= 128) {
      bytes.push((rest % 128) + 128);
      rest = Math.floor(rest / 128);
    }
    bytes.push(rest);
  }
  return Uint8Array.from(bytes);
}

/** The inverse of `packInstants`. */
export function unpackInstants(bytes: Uint8Array | null): Instant[] {
  const instants: Instant[] = [];
  let before = 0;
  let distance = 0;
  let scale = 1;
  for (const byte of bytes ?? []) {
    distance += (byte % 128) * scale;
    scale *= 128;
    if (byte >= 128) continue;
    before += distance;
    instants.push(before);
    distance = 0;
    scale = 1;
  }
  return instants;
}

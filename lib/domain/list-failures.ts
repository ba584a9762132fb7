import { rememberingHints } from "./hints.ts";
import { jsonBytes } from "./measure.ts";
import type { Failure } from "./outcome-summary.ts";
import { cut } from "./truncate-text.ts";
import { isAbove, type Place, pathOf } from "./walk-tree.ts";

/** Shares of one reason, in bytes, from generous to meagre: the first with which all failures fit is taken. */
const REASON_SHARES = [4000, 2000, 1000, 500, 250] as const;
const LEAST_SHARE = 250;
/** More are never told one by one. */
const MOST_FAILURES = 200;
const NAME_BYTES = 200;

type Tell = (place: Place, share: number) => Failure;

/** As many of the failed subjobs as fit into `budget` bytes of JSON, in tree order. */
export function tellFailures(failed: readonly Place[], budget: number): Failure[] {
  const hintFor = rememberingHints();
  const tell: Tell = (place, share) => tellOne(place, share, hintFor(place.job.reason));
  const chosen = failed.length <= MOST_FAILURES ? failed : mostTelling(failed, MOST_FAILURES);
  if (chosen.length === failed.length)
    for (const share of REASON_SHARES) {
      const failures = fitting(chosen, share, budget, tell);
      if (failures.length === failed.length) return failures;
    }
  const some = new Set(fittingPlaces(mostTelling(failed, MOST_FAILURES, true), budget, tell));
  return failed.filter((place) => some.has(place)).map((place) => tell(place, LEAST_SHARE));
}

/** A job that failed only because one below it did says nothing of its own; it gives way to those that do. */
function mostTelling(failed: readonly Place[], most: number, tellingFirst = false): readonly Place[] {
  const telling: Place[] = [];
  const mute: Place[] = [];
  for (const [i, place] of failed.entries()) {
    const next = failed[i + 1];
    const { reason } = place.job;
    const repeats = next !== undefined && (reason === null || reason === next.job.reason);
    (repeats && isAbove(place, next) ? mute : telling).push(place);
  }
  const chosen = [...telling, ...mute].slice(0, most);
  if (tellingFirst) return chosen;
  const kept = new Set(chosen);
  return failed.filter((place) => kept.has(place));
}

function fitting(places: readonly Place[], share: number, budget: number, tell: Tell): Failure[] {
  const failures: Failure[] = [];
  let used = 0;
  for (const place of places) {
    const failure = tell(place, share);
    used += sizeOf(failure);
    if (used > budget) break;
    failures.push(failure);
  }
  return failures;
}

function fittingPlaces(places: readonly Place[], budget: number, tell: Tell): Place[] {
  let used = 0;
  return places.filter((place) => {
    const size = sizeOf(tell(place, LEAST_SHARE));
    if (used + size > budget) return false;
    used += size;
    return true;
  });
}

function sizeOf(failure: Failure): number {
  return Buffer.byteLength(JSON.stringify(failure)) + 1;
}

function tellOne(place: Place, share: number, hint: string | null): Failure {
  const { jobId, resourceName, reason } = place.job;
  return {
    path: pathOf(place).map((type) => cut(type, NAME_BYTES, jsonBytes)),
    jobId: jobId === null ? null : cut(jobId, NAME_BYTES, jsonBytes),
    resourceName: resourceName === null ? null : cut(resourceName, NAME_BYTES, jsonBytes),
    reason: reason === null ? null : cut(reason, share, jsonBytes),
    hint,
  };
}

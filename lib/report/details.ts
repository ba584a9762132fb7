import type { Conclusion, Failure } from "../conclusion.ts";
import type { Detail } from "./content.ts";
import { clean, cut, oneLine } from "./text.ts";

const STEPS_AT_START = 2;
const STEPS_AT_END = 3;
const STEP_CHARS = 60;

/** The failures worth telling, first the path, then the cloud's words; a parent that only repeats its child is left out. */
export function detailsOf({ failures, reason, outcome }: Conclusion): Detail[] {
  const details = failures
    .filter((failure, i) => !repeats(failure, failures[i + 1]))
    .map(({ path, resourceName, reason: words, hint }) => ({
      path: spellPath(path) + (resourceName === null ? "" : ` (${cut(oneLine(resourceName), STEP_CHARS)})`),
      reason: words === null || words.trim() === "" ? null : clean(words),
      hint,
    }));
  const own = outcome === "succeeded" || reason === null || reason.trim() === "" ? null : clean(reason);
  if (own === null || details.some((detail) => detail.reason === own)) return details;
  return [{ path: outcome === "failed" ? "The job itself" : "Why", reason: own, hint: null }, ...details];
}

function repeats(failure: Failure, next: Failure | undefined): boolean {
  if (next === undefined || next.path.length <= failure.path.length) return false;
  if (failure.reason !== null && failure.reason !== next.reason) return false;
  return failure.path.every((step, i) => step === next.path[i]);
}

/** `CreateCluster › InstallMaster`; what lies in the middle of a long path becomes `…`. */
export function spellPath(path: readonly string[]): string {
  const short =
    path.length <= STEPS_AT_START + STEPS_AT_END + 1
      ? path
      : [...path.slice(0, STEPS_AT_START), "…", ...path.slice(-STEPS_AT_END)];
  return short.map((step) => cut(oneLine(step), STEP_CHARS)).join(" › ");
}

import { unknownParameters } from "./parameters.ts";
import { type Refusal, refuse } from "./problem.ts";

/** A gateway ends a call after 30 seconds; the longest hold leaves room for the answer. */
export const MAX_WAIT_SECONDS = 25;

/** Reads `?wait=1..25`; 0 when it is not there. Any other parameter is refused by name. */
export function readWait(
  query: URLSearchParams,
): { readonly kind: "wait"; readonly seconds: number } | Refusal {
  const faults = unknownParameters(query, ["wait"]);
  const given = query.getAll("wait");
  const seconds = given.length === 0 ? 0 : Number(given[0]);
  if (
    given.length > 0 &&
    !(given.length === 1 && /^\d{1,2}$/.test(given[0] ?? "") && seconds >= 1 && seconds <= MAX_WAIT_SECONDS)
  )
    faults.push({
      parameter: "wait",
      detail: `must be a whole number of seconds from 1 to ${MAX_WAIT_SECONDS}`,
    });
  if (faults.length > 0) return refuse("invalid-parameter", "Each fault is in 'errors'.", faults);
  return { kind: "wait", seconds };
}

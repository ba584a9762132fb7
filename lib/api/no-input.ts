import type { ApiRequest } from "./http.ts";
import { unknownParameters } from "./parameters.ts";
import { type Fault, type Refusal, refuse } from "./problem.ts";

/**
 * Refuses what a call that takes neither parameters nor a body would ignore: whoever sends `?force=1` believes that
 * it does something. An empty body, or `{}` from a client that always sends JSON, asks for nothing. Null: nothing
 * stands in the way.
 */
export function refuseInput({ query, body }: Pick<ApiRequest, "query" | "body">): Refusal | null {
  const ofQuery = unknownParameters(query, []);
  const ofBody: Fault[] = /^(\{\s*\})?$/.test(body.trim())
    ? []
    : [{ pointer: "#", detail: "must be empty: this call takes no body" }];
  return refuseFaults(ofQuery, ofBody);
}

/** A refusal of all faults at once, by what it takes to mend them: the query alone, or the body too. */
export function refuseFaults(ofQuery: readonly Fault[], ofBody: readonly Fault[]): Refusal | null {
  if (ofQuery.length + ofBody.length === 0) return null;
  return refuse(
    ofBody.length === 0 ? "invalid-parameter" : "invalid-request",
    "Nothing was done. Each fault is in 'errors'.",
    [...ofQuery, ...ofBody],
  );
}

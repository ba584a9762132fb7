import type { Fault } from "./problem.ts";

/** Parameters that a call does not take: each would be ignored in lastPollError, and a slip of the pen with it. */
export function unknownParameters(query: URLSearchParams, known: readonly string[]): Fault[] {
  return [...new Set(query.keys())]
    .filter((parameter) => !known.includes(parameter))
    .map((parameter) => ({ parameter, detail: "is not a parameter of this call" }));
}

/** Parameters of which only one value could be heeded. */
export function repeatedParameters(query: URLSearchParams, once: readonly string[]): Fault[] {
  return once
    .filter((parameter) => query.getAll(parameter).length > 1)
    .map((parameter) => ({ parameter, detail: "is given more than once" }));
}

/** The entries of a list in the query: repeated, separated by commas, or both. */
export function listedIn(query: URLSearchParams, parameter: string): readonly string[] {
  return query
    .getAll(parameter)
    .flatMap((entries) => entries.split(","))
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}

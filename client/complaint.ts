import type { Problem } from "../lib/api/problem.ts";
import { ProblemError } from "./errors.ts";
import { faultLine } from "./fault-line.ts";

/** An error as a document: the service's own problem, or what is known instead of one. */
export type ErrorDocument = Problem | { readonly detail: string };

/** An error in words for a person: what is wrong, with `name` if it is about one of several, and a line for each fault. */
export function complaintOf(error: unknown, name?: string): readonly string[] {
  const first = `${name === undefined ? "" : `${name}: `}${wordsOf(error)}`;
  if (!(error instanceof ProblemError)) return [first];
  return [first, ...(error.problem.errors ?? []).map((fault) => faultLine(fault, error.sent))];
}

export function errorDocument(error: unknown): ErrorDocument {
  return error instanceof ProblemError ? error.problem : { detail: wordsOf(error) };
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

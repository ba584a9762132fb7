import type { Problem } from "../lib/api/problem.ts";

/** What a call was made of, as far as a fault can point at it. */
export interface Sent {
  readonly body?: unknown;
  readonly query?: URLSearchParams;
}

/** The service answered, and what it answered is a problem (RFC 9457). */
export class ProblemError extends Error {
  override name = "ProblemError";
  readonly problem: Problem;
  readonly sent: Sent;

  constructor(problem: Problem, sent: Sent = {}) {
    super(messageOf(problem));
    this.problem = problem;
    this.sent = sent;
  }
}

/** No answer arrived, or one that is not this service's. `cause` holds what the runtime said. */
export class UnreachableError extends Error {
  override name = "UnreachableError";
}

/** Of what is not there, title and detail say the same. */
function messageOf({ type, title, detail }: Problem): string {
  return type.endsWith("#problem-not-found") ? detail : `${title}: ${detail}`;
}

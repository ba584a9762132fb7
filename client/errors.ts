import type { Problem } from "../lib/api/problem.ts";

/** The service answered, and what it answered is a problem (RFC 9457). */
export class ProblemError extends Error {
  override name = "ProblemError";
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(`${problem.title}: ${problem.detail}`);
    this.problem = problem;
  }
}

/** No answer arrived, or one that is not this service's. `cause` holds what the runtime said. */
export class UnreachableError extends Error {
  override name = "UnreachableError";
}

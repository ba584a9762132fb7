import type { Problem } from "../lib/api/problem.ts";

/** The body and the query of a request. The `errors` of a problem point into them. */
export interface SentRequest {
  readonly body?: unknown;
  readonly query?: URLSearchParams;
}

/** The service answered with a problem (RFC 9457). */
export class ProblemError extends Error {
  override name = "ProblemError";
  readonly problem: Problem;
  readonly sent: SentRequest;

  constructor(problem: Problem, sent: SentRequest = {}) {
    const { type, title, detail } = problem;
    super(type.endsWith("#problem-not-found") ? detail : `${title}: ${detail}`);
    this.problem = problem;
    this.sent = sent;
  }
}

/** No response arrived, or the response does not come from the service. */
export class UnreachableError extends Error {
  override name = "UnreachableError";
}

/** A text is not a token. Nothing was sent. The message does not contain the text. */
export class TokenError extends Error {
  override name = "TokenError";
}

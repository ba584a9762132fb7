import type { Problem } from "../lib/api/problem-response.ts";

/**
 * The body and the query of a sent request. The field `errors` of an error response (a problem document) points to
 * values in the sent request.
 */
export interface SentRequest {
  readonly body?: unknown;
  readonly query?: URLSearchParams;
}

/** Error for a call that the service refused with a problem document (RFC 9457). */
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

/** Error for a missing response, or for a response that does not come from the service. */
export class UnreachableError extends Error {
  override name = "UnreachableError";
}

/**
 * Error for a text that is not a valid token. The client sent no request with the invalid token. A `TokenError` never
 * contains the invalid token.
 */
export class TokenError extends Error {
  override name = "TokenError";
}

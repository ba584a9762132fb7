import type { Problem } from "../lib/api/problem-response.ts";

/**
 * The body and the URL parameters of a sent API request. If an error response names an invalid value, the client shows
 * the value from the request.
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

/**
 * Error for a call to which the service did not respond. A gateway between the client and the service may have
 * responded.
 */
export class UnreachableError extends Error {
  override name = "UnreachableError";
}

/**
 * Error for a text that is not a valid token. If a token is invalid, the client sends no request with the token. A
 * `TokenError` never contains the invalid token.
 */
export class TokenError extends Error {
  override name = "TokenError";
}

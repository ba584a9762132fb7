import type { Auth } from "../config/projects.ts";
import { createExpiringCache, type ExpiringCache } from "../domain/expiring-cache.ts";
import type { Instant, Observation } from "../domain/job.ts";
import { parseJson, toObjectOrEmpty } from "../domain/json.ts";
import { Secret } from "../domain/secret.ts";
import { readRetryAfterSeconds } from "../http/retry-after.ts";
import { describeErrorReply, type ErrorKind, errorKindOfStatus, parseCceError } from "./cce-error.ts";
import { parseCceTime } from "./parse-cce-time.ts";
import type { TextReply } from "./send-cce-request.ts";

/** A token of IAM lasts 24 hours. A reply without an end time is trusted for one hour. */
const DEFAULT_VALIDITY_MS = 3_600_000;
/** A token is renewed this long before its end, so that it does not expire during a request. */
const RENEW_BEFORE_MS = 600_000;
/** IAM locks a user after a few wrong passwords. So a refusal is kept for this time before the next sign-in. */
const REFUSAL_MS = 30_000;

/** A token with its end, or the observation of a poll that could not get a token. */
export type TokenResult =
  | { readonly kind: "token"; readonly token: Secret; readonly expiresAt: Instant }
  | Observation;

/**
 * Keeps one project's token in memory. Concurrent polls share one token request.
 * @param fetchToken signs in once and never throws.
 */
export function createTokenCache(
  fetchToken: () => Promise<TokenResult>,
  now: () => Instant,
): ExpiringCache<TokenResult> {
  return createExpiringCache({
    load: fetchToken,
    now,
    maxAgeMs: (result) => {
      if (result.kind === "token") return result.expiresAt - RENEW_BEFORE_MS - now();
      return result.kind === "unauthorized" ? REFUSAL_MS : 0;
    },
  });
}

/**
 * Returns the body of a token request.
 * Source: https://support.huaweicloud.com/intl/en-us/api-iam/iam_30_0001.html
 */
export function createTokenRequestBody(auth: Extract<Auth, { kind: "password" }>, projectId: string): string {
  const user = { name: auth.user, password: auth.password.reveal(), domain: { name: auth.domain } };
  return JSON.stringify({
    auth: {
      identity: { methods: ["password"], password: { user } },
      scope: { project: { id: projectId } },
    },
  });
}

/** Reads IAM's reply to a token request of a project. */
export function readTokenReply(reply: TextReply, now: Instant, project: string): TokenResult {
  if (reply.kind === "failed") return { kind: "unavailable", text: `IAM cannot be reached (${reply.code})` };
  const { status, headers, body } = reply;
  const token = headers["x-subject-token"] ?? "";
  if (status === 201 && token !== "")
    return {
      kind: "token",
      token: new Secret(token),
      expiresAt: expiryOf(body) ?? now + DEFAULT_VALIDITY_MS,
    };
  const kind = errorKindOfStatus(status);
  const texts: Readonly<Record<ErrorKind, string>> = {
    unauthorized: `IAM refuses the sign-in for project ${project}: check domain, user and password`,
    forbidden: `IAM gives no token for project ${project}: allow its user programmatic access to this project`,
    misconfigured: `IAM does not accept the sign-in for project ${project}: check iamEndpoint, domain and projectId`,
    throttled: "IAM limits the rate of sign-ins",
    unavailable: "IAM did not return a token",
  };
  const text = `${texts[kind]} (${describeErrorReply(status, parseCceError(body))})`;
  if (kind !== "throttled") return { kind, text };
  return { kind, text, retryAfterSeconds: readRetryAfterSeconds(headers["retry-after"], now) };
}

function expiryOf(body: string): Instant | null {
  const { expires_at: end } = toObjectOrEmpty(toObjectOrEmpty(parseJson(body)).token);
  return typeof end === "string" ? parseCceTime(end) : null;
}

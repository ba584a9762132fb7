import type { Auth } from "../config/projects.ts";
import { createExpiringCache, type ExpiringCache } from "../domain/expiring-cache.ts";
import type { Clock, Instant, Observation } from "../domain/job.ts";
import { parseJsonOrUndefined, toObjectOrEmpty } from "../domain/json.ts";
import { Secret } from "../domain/secret.ts";
import { readCappedRetryAfterSeconds } from "../http/retry-after.ts";
import {
  classifyErrorReply,
  describeErrorReplyUnmasked,
  type ErrorKind,
  parseCceErrorOrEmpty,
  refusalAfterNetworkError,
} from "./cce-error.ts";
import { parseCceTime } from "./parse-job.ts";
import type { TextReplyOrFailure } from "./send-cce-request.ts";

/**
 * If IAM does not return an expiry time, the service uses the IAM token for one hour. In general, an IAM token is valid
 * for 24 hours.
 */
const DEFAULT_VALIDITY_MS = 3_600_000;
/**
 * The service requests a new token ten minutes before the old one expires, so that no token expires during a request.
 */
const RENEW_BEFORE_MS = 600_000;
/**
 * The minimum time between a sign-in that IAM refused and the next sign-in. The reason: IAM locks a user after a few
 * sign-ins with a wrong password.
 */
const REFUSAL_MS = 30_000;

/** The maximum wait that IAM can request in a response. */
const MAX_RETRY_AFTER_MS = 900_000;

/** An IAM token with its expiry time. If IAM returned no token, the result is an observation that explains why. */
export type TokenResult =
  | { readonly kind: "token"; readonly token: Secret; readonly expiresAt: Instant }
  | Observation;

/**
 * Creates a cache that contains the IAM token of one project. Queries at the same time share one request for a token.
 * @param fetchToken requests an IAM token. The function `fetchToken` never throws an error.
 */
export function createIamTokenCache(
  fetchToken: () => Promise<TokenResult>,
  now: Clock,
): ExpiringCache<TokenResult> {
  return createExpiringCache({
    load: fetchToken,
    now,
    maxAgeMs: (result) => {
      if (result.kind === "token") return result.expiresAt - RENEW_BEFORE_MS - now();
      if (result.kind === "job") return 0;
      const retryAfterMs = Math.min((result.retryAfterSeconds ?? 0) * 1000, MAX_RETRY_AFTER_MS);
      return Math.max(retryAfterMs, result.kind === "unauthorized" ? REFUSAL_MS : 0);
    },
  });
}

/**
 * Returns the JSON body of the request for an IAM token. The token is valid for one project. Source:
 * https://support.huaweicloud.com/intl/en-us/api-iam/iam_30_0001.html
 */
export function createIamTokenRequestBody(
  auth: Extract<Auth, { kind: "password" }>,
  projectId: string,
): string {
  const user = { name: auth.user, password: auth.password.reveal(), domain: { name: auth.domain } };
  return JSON.stringify({
    auth: {
      identity: { methods: ["password"], password: { user } },
      scope: { project: { id: projectId } },
    },
  });
}

/** Converts the response of IAM to a token, or to an observation that explains why IAM returned no token. */
export function readIamTokenReply(reply: TextReplyOrFailure, now: Instant, project: string): TokenResult {
  if (reply.kind === "failed") return refusalAfterNetworkError(project, reply.code, "IAM");
  const { status, headers, body } = reply;
  const token = headers["x-subject-token"] ?? "";
  if (status === 201 && token !== "")
    return {
      kind: "token",
      token: new Secret(token),
      expiresAt: expiryOf(body) ?? now + DEFAULT_VALIDITY_MS,
    };
  const error = parseCceErrorOrEmpty(body);
  const kind = classifyErrorReply(status, error.codes);
  const advice = asksForSecondFactor(reply) ? secondFactorText(project) : null;
  const texts: Readonly<Record<ErrorKind, string>> = {
    unauthorized: `IAM refuses the sign-in for project ${project}: check domain, user and password`,
    forbidden: `IAM gives no token for project ${project}: allow its user programmatic access to this project`,
    misconfigured: `IAM does not accept the sign-in for project ${project}: check iamEndpoint, domain and projectId`,
    throttled: "IAM limits the rate of sign-ins",
    unavailable: "IAM did not return a token",
  };
  const text = `${advice ?? texts[kind]} (${describeErrorReplyUnmasked(status, error)})`;
  const retryAfterSeconds = readCappedRetryAfterSeconds(headers["retry-after"], now);
  if (kind === "throttled") return { kind, text, retryAfterSeconds };
  return { kind, text, retryAfterSeconds: retryAfterSeconds ?? undefined };
}

/** Texts in a response with which IAM asks for a second factor, in English and Chinese. */
const SECOND_FACTOR_TEXT =
  /required_auth_methods|\b(t?otp|mfa|2fa)\b|(multi|two|second)[- ]?factor|one[- ]time (password|code)|verification code|login protection|二次认证|双因素|多因素|验证码|登录保护/i;

/**
 * Returns true if IAM asks for a second factor (MFA). The IAM of OpenStack lists the required sign-in methods in the
 * response body. The IAM of Huawei Cloud names the second factor only in the message.
 * https://docs.openstack.org/api-ref/identity/v3/#multi-factor-authentication
 */
function asksForSecondFactor({ status, body }: Extract<TextReplyOrFailure, { kind: "answer" }>): boolean {
  if (status < 400 || status >= 500 || status === 429) return false;
  // The JSON body may contain Chinese characters as escape sequences. The function therefore searches both the body and
  // the decoded message.
  return SECOND_FACTOR_TEXT.test(body) || SECOND_FACTOR_TEXT.test(parseCceErrorOrEmpty(body).message ?? "");
}

const secondFactorText = (project: string): string =>
  `IAM wants a second factor for the user of project ${project}, and the service has none: use a user with programmatic access and without MFA, or access keys (auth kind aksk)`;

function expiryOf(body: string): Instant | null {
  const { expires_at: end } = toObjectOrEmpty(toObjectOrEmpty(parseJsonOrUndefined(body)).token);
  return typeof end === "string" ? parseCceTime(end) : null;
}

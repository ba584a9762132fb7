import {
  createAuthenticationRequired,
  type ProblemResponse,
  tooManyRequests,
  unavailable,
} from "../../lib/api/problem-response.ts";
import { type Caller, findTokenCaller, parseAuthorization } from "../../lib/auth/caller-rights.ts";
import { createIssuerKeysCacheKeepingLastValid } from "../../lib/auth/issuer-keys.ts";
import {
  hasJwtForm,
  type IdentityCheck,
  type TokenRefusal,
  verifyIdentityToken,
} from "../../lib/auth/verify-identity-token.ts";
import type { Config } from "../../lib/config/config.ts";
import type { ConfigSource } from "../../lib/config/config-source.ts";
import type { Clock, Instant } from "../../lib/domain/job.ts";
import { createEgress, guardedFetchOrThrow } from "../../lib/http/egress.ts";
import type { OutgoingProxy } from "../../lib/http/outgoing-proxy.ts";
import type { Note } from "../../lib/runtime/answer-and-log-request.ts";
import { systemWait } from "../../lib/runtime/clock.ts";
import { log } from "../../lib/runtime/log.ts";

const MINUTE_MS = 60_000;
/**
 * The maximum number of callers for which an instance counts requests. If more callers send requests, the instance
 * resets the counts of all callers to 0.
 */
const MAX_CALLERS = 1000;

export interface AuthenticatePorts {
  readonly configs: Pick<ConfigSource, "current" | "refreshed">;
  readonly identify: (token: string, config: Config) => Promise<IdentityCheck>;
  readonly note: Note;
  readonly limitRequests: LimitRequests;
  /** Called with the reason why an identity token was refused. */
  readonly onRefused?: (refusal: TokenRefusal) => void;
  /** Called if an issuer of identity tokens did not respond. */
  readonly onIssuerFailure?: (cause: unknown, issuer: string) => void;
}

/**
 * Finds out who the caller is, from a bearer token or a CI identity token. Limits the requests of the caller. The log
 * line of the request contains the name of the caller. Before the function refuses an unknown token, it reads the
 * config again, because an operator may have added the token.
 */
export async function authenticateAndLimitRequests(
  authorization: string | undefined,
  ports: AuthenticatePorts,
): Promise<{ readonly kind: "caller"; readonly caller: Caller } | ProblemResponse> {
  const {
    configs,
    identify,
    note,
    limitRequests,
    onRefused = logRefusal,
    onIssuerFailure = logIssuerFailure,
  } = ports;
  const credential = parseAuthorization(authorization);
  if (credential.kind !== "bearer") return createAuthenticationRequired(credential.kind);
  const { token } = credential;
  const identifyBy = async (config: Config): Promise<IdentityCheck> => {
    const caller = findTokenCaller(token, config.tokens);
    if (caller !== null) return { kind: "caller", caller };
    return config.oidc.length === 0 || !hasJwtForm(token)
      ? { kind: "refused", refusal: null }
      : identify(token, config);
  };
  const config = await configs.current();
  let identified = await identifyBy(config);
  if (identified.kind === "refused") identified = await identifyBy(await configs.refreshed());
  switch (identified.kind) {
    case "caller": {
      const { name } = identified.caller;
      note({ caller: name });
      const { requestsPerMinute } = config.settings.limits;
      const waitSeconds = limitRequests(name, requestsPerMinute);
      return waitSeconds === null ? identified : tooManyRequests(exceeded(requestsPerMinute), waitSeconds);
    }
    case "refused":
      if (identified.refusal !== null) onRefused(identified.refusal);
      return createAuthenticationRequired("refused");
    case "unavailable":
      onIssuerFailure(identified.cause, identified.issuer);
      return unavailable("The token cannot be checked because its issuer does not respond.", [], 30);
    default:
      return identified satisfies never;
  }
}

const exceeded = (requestsPerMinute: number): string =>
  `A caller may send about ${requestsPerMinute} requests in a minute (settings.limits.requestsPerMinute). Send the request again later.`;

/**
 * Creates a function that checks the identity tokens of CI systems. The returned function stores the keys of token
 * issuers in memory.
 */
export function createIdentityTokenCheck(
  now: Clock,
  proxy: OutgoingProxy | null = null,
): AuthenticatePorts["identify"] {
  let allow: readonly string[] = [];
  const keys = createIssuerKeysCacheKeepingLastValid(
    async (url) => {
      const { status, text } = await guardedFetchOrThrow(url, { egress: createEgress(allow, { proxy }) });
      if (status !== 200) throw new Error(`the token issuer responded with the HTTP status ${status}`);
      return text;
    },
    now,
    systemWait,
  );
  return (token, config) => {
    allow = config.settings.egress.allow;
    return verifyIdentityToken(token, config, keys, now());
  };
}

function logIssuerFailure(cause: unknown, issuer: string): void {
  log.error("issuer unreachable", { issuer }, cause);
}

/**
 * Writes a log line about the check that the identity token has failed. The response to the caller states only that the
 * token is invalid.
 */
function logRefusal({ issuer, check, claims }: TokenRefusal): void {
  log.warn("identity token refused", { issuer, check, claims });
}

/**
 * Counts a request of a caller. If the caller has sent too many requests, returns the number of seconds that the caller
 * must wait. Otherwise, returns null.
 */
type LimitRequests = (caller: string, requestsPerMinute: number) => number | null;

/**
 * Creates a limit for the number of requests per minute, separately for each caller. The limit is only approximate,
 * because each instance counts its own requests. An exact limit would need a write to the ledger for each request.
 */
export function createApproximateRequestLimit(now: Clock): LimitRequests {
  const callers = new Map<string, { readonly startedAt: Instant; readonly requests: number }>();
  return (caller, requestsPerMinute) => {
    if (requestsPerMinute === 0) return null;
    const known = callers.get(caller);
    // If the start of the minute is more than a minute in the future, somebody has set the clock back. The function
    // starts a new minute after such a change of the clock.
    const isNew = known === undefined || Math.abs(now() - known.startedAt) >= MINUTE_MS;
    const current = isNew ? { startedAt: now(), requests: 0 } : known;
    if (current.requests >= requestsPerMinute)
      return Math.max(1, Math.ceil((current.startedAt + MINUTE_MS - now()) / 1000));
    if (callers.size >= MAX_CALLERS && !callers.has(caller)) callers.clear();
    callers.set(caller, { ...current, requests: current.requests + 1 });
    return null;
  };
}

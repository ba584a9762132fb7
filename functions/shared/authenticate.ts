import { authenticationRequired, type ProblemResponse, unavailable } from "../../lib/api/problem.ts";
import { findTokenCaller, parseAuthorization } from "../../lib/auth/bearer-token.ts";
import type { Caller } from "../../lib/auth/caller.ts";
import { type IdentityCheck, isJwt } from "../../lib/auth/identity-token.ts";
import type { Config } from "../../lib/config/config.ts";
import type { Note } from "../../lib/runtime/http-handler.ts";

export interface AuthenticatePorts {
  readonly config: {
    current(): Promise<Config>;
    /** Reads the config again, unless that was just done. */
    reread(): Promise<Config>;
  };
  readonly identify: (token: string, config: Config) => Promise<IdentityCheck>;
  /** Told who is calling: for the request's log line. */
  readonly note: Note;
  /** Told why an issuer's keys could not be read. */
  readonly onIssuerFailure: (cause: unknown) => void;
}

/**
 * Finds out who is calling: by a bearer token's digest, or by a CI's identity token. A token nobody knows may be
 * newer than the config this instance keeps, so the config is read again before it is refused.
 */
export async function authenticate(
  authorization: string | undefined,
  ports: AuthenticatePorts,
): Promise<{ readonly kind: "caller"; readonly caller: Caller } | ProblemResponse> {
  const credential = parseAuthorization(authorization);
  if (credential.kind !== "bearer") return authenticationRequired(credential.kind);
  const first = await callerOf(credential.token, await ports.config.current(), ports);
  if (first.kind !== "refused") return orProblem(first, ports);
  return orProblem(await callerOf(credential.token, await ports.config.reread(), ports), ports);
}

async function callerOf(
  token: string,
  config: Config,
  { identify }: AuthenticatePorts,
): Promise<IdentityCheck> {
  const caller = findTokenCaller(token, config.tokens);
  if (caller !== null) return { kind: "caller", caller };
  if (config.oidc.length === 0 || !isJwt(token)) return { kind: "refused" };
  return identify(token, config);
}

function orProblem(
  identified: IdentityCheck,
  { note, onIssuerFailure }: AuthenticatePorts,
): { readonly kind: "caller"; readonly caller: Caller } | ProblemResponse {
  switch (identified.kind) {
    case "caller":
      note({ caller: identified.caller.name });
      return identified;
    case "refused":
      return authenticationRequired("refused");
    case "unavailable":
      onIssuerFailure(identified.cause);
      return unavailable("The token cannot be checked because its issuer does not respond.", 30);
    default:
      return identified satisfies never;
  }
}

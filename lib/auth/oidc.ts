import type { JWTPayload } from "jose";
import type { OidcRule } from "../config/config.ts";
import type { Instant } from "../domain/job.ts";
import type { Caller } from "./caller.ts";
import { satisfies } from "./claims.ts";
import type { IssuerKeys } from "./issuer-keys.ts";

/** Asymmetric signatures only: with a shared secret, whoever can check a token could make one. */
const ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"];
/** How far the clocks of an issuer and of this service may lie apart. */
const CLOCK_TOLERANCE_SECONDS = 30;

export type Identified =
  | { readonly kind: "caller"; readonly caller: Caller }
  | { readonly kind: "refused" }
  /** The issuer's keys cannot be read at the moment: the token may be good. */
  | { readonly kind: "unavailable"; readonly cause: unknown };

/** Whether a bearer token has the form of a signed JWT (RFC 7515, section 7.1). */
export function hasJwtForm(token: string): boolean {
  return /^eyJ[\w-]*\.[\w-]+\.[\w-]+$/.test(token);
}

/**
 * Checks a CI's identity token: signed by a configured issuer's key, for our audience, in its time, with the claims
 * a rule asks for. A caller whom several rules let in has the scopes of all. `jose` is set up at the first token.
 */
export async function identify(
  token: string,
  rules: readonly OidcRule[],
  keys: IssuerKeys,
  now: Instant,
): Promise<Identified> {
  const jose = await import("./jose.ts");
  const issuer = claimedIssuer(token, jose.decodeJwt);
  const ofIssuer = rules.filter((rule) => rule.issuer === issuer);
  if (issuer === null || ofIssuer.length === 0) return { kind: "refused" };

  const verify = async (reread: boolean): Promise<JWTPayload | "refused" | "unknown key"> => {
    const keySet = jose.createLocalJWKSet(await keys.read(issuer, reread));
    try {
      const { payload } = await jose.jwtVerify(token, keySet, {
        issuer,
        audience: ofIssuer.map(({ audience }) => audience),
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(now),
        requiredClaims: ["exp"],
      });
      return payload;
    } catch (error) {
      return error instanceof jose.JWKSNoMatchingKey ? "unknown key" : "refused";
    }
  };

  try {
    const first = await verify(false);
    const claims = first === "unknown key" ? await verify(true) : first;
    if (typeof claims === "string") return { kind: "refused" };
    const matching = ofIssuer.filter((rule) => satisfies(rule, claims));
    if (matching.length === 0) return { kind: "refused" };
    return {
      kind: "caller",
      caller: {
        name: `oidc:${new URL(issuer).host}`,
        projects: matching.flatMap(({ projects }) => projects),
        targets: matching.flatMap(({ targets }) => targets),
      },
    };
  } catch (cause) {
    return { kind: "unavailable", cause };
  }
}

function claimedIssuer(token: string, decode: (token: string) => JWTPayload): string | null {
  try {
    return decode(token).iss ?? null;
  } catch {
    return null;
  }
}

import type { JWTPayload } from "jose";
import type { OidcRule } from "../config/config.ts";
import { CallerName, type Instant } from "../domain/job.ts";
import { type JsonObject, toObjectOrEmpty } from "../domain/json.ts";
import { type Caller, toRights } from "./caller.ts";
import type { IssuerKeys } from "./issuer-keys.ts";

/**
 * The signature algorithms that the service allows for identity tokens. Each allowed algorithm is asymmetric, because
 * the service itself could create valid tokens if the service and the issuer shared a secret.
 */
const ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"];
const CLOCK_TOLERANCE_SECONDS = 30;
/** The property `code` of the error JWKSNoMatchingKey in the package `jose`. */
const NO_MATCHING_KEY = "ERR_JWKS_NO_MATCHING_KEY";

export type IdentityCheck =
  | { readonly kind: "caller"; readonly caller: Caller }
  | { readonly kind: "refused" }
  /** The service could not check the token, because the signing keys of the issuer cannot be read now. */
  | { readonly kind: "unavailable"; readonly cause: unknown };

/** Returns true if a bearer token has the form of a signed JWT (RFC 7515, section 7.1). */
export function isJwt(token: string): boolean {
  return /^eyJ[\w-]*\.[\w-]+\.[\w-]+$/.test(token);
}

/**
 * Checks the identity token (OIDC) of a CI job. In a valid identity token, the signature is from an issuer in the
 * config, the audience is this service, the expiry time is in the future, and the claims match at least one OIDC rule
 * in the config. The caller has the rights of every OIDC rule that the identity token matches.
 */
export async function checkIdentityToken(
  token: string,
  rules: readonly OidcRule[],
  keys: IssuerKeys,
  now: Instant,
): Promise<IdentityCheck> {
  // The service loads the package `jose` when the service checks the first identity token. The three import paths load
  // less code than the whole package `jose`.
  const [{ decodeJwt }, { createLocalJWKSet }, { jwtVerify }] = await Promise.all([
    import("jose/jwt/decode"),
    import("jose/jwks/local"),
    import("jose/jwt/verify"),
  ]);
  const issuer = claimedIssuer(token, decodeJwt);
  const issuerRules = rules.filter((rule) => rule.issuer === issuer);
  if (issuer === null || issuerRules.length === 0) return { kind: "refused" };

  const verify = async (refresh: boolean): Promise<JWTPayload | "refused" | "unknown_key"> => {
    const keySet = createLocalJWKSet(await keys.read(issuer, refresh));
    try {
      const { payload } = await jwtVerify(token, keySet, {
        issuer,
        audience: issuerRules.map(({ audience }) => audience),
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(now),
        requiredClaims: ["exp"],
      });
      return payload;
    } catch (error) {
      return toObjectOrEmpty(error).code === NO_MATCHING_KEY ? "unknown_key" : "refused";
    }
  };

  try {
    const first = await verify(false);
    const claims = first === "unknown_key" ? await verify(true) : first;
    if (typeof claims === "string") return { kind: "refused" };
    const matching = issuerRules.filter((rule) => matchesRule(claims, rule));
    if (matching.length === 0) return { kind: "refused" };
    const name = callerName(issuer, claims.sub, rules);
    return name === null
      ? { kind: "refused" }
      : { kind: "caller", caller: { name, rights: matching.map(toRights) } };
  } catch (cause) {
    return { kind: "unavailable", cause };
  }
}

/**
 * Returns the name `oidc:ISSUER:SUB` of a caller. Returns null if the identity token has no claim `sub`, or if the name
 * is too long for a key in the ledger. The issuer and the claim `sub` can contain colons, so the function also returns
 * null if the name could be the name of a caller of another issuer in the config.
 */
function callerName(issuer: string, sub: string | undefined, rules: readonly OidcRule[]): string | null {
  if (typeof sub !== "string" || sub === "") return null;
  const name = CallerName.safeParse(`oidc:${issuer}:${sub}`);
  const isAmbiguous = rules.some(
    (rule) => rule.issuer.length > issuer.length && name.data?.startsWith(`oidc:${rule.issuer}:`),
  );
  return name.success && !isAmbiguous ? name.data : null;
}

function claimedIssuer(token: string, decode: (token: string) => JWTPayload): string | null {
  try {
    return decode(token).iss ?? null;
  } catch {
    return null;
  }
}

/**
 * Returns true if the claims of a verified identity token contain the audience of the OIDC rule and match every claim
 * of the OIDC rule.
 */
export function matchesRule(claims: JsonObject, rule: OidcRule): boolean {
  return (
    claimValues(claims, "aud").includes(rule.audience) &&
    Object.entries(rule.claims).every(([name, pattern]) =>
      claimValues(claims, name).some((value) => matchesPattern(value, pattern)),
    )
  );
}

/**
 * Returns the values of a claim of an identity token as strings. The value of a claim may be an array. The function
 * ignores objects and null, because an OIDC rule cannot match an object or null.
 */
function claimValues(claims: JsonObject, name: string): string[] {
  const values = Object.hasOwn(claims, name) ? [claims[name]].flat() : [];
  return values.filter((value) => ["string", "number", "boolean"].includes(typeof value)).map(String);
}

/**
 * Returns true if a text matches a pattern. A `*` in the pattern matches any text, including an empty text. The
 * duration of the function is linear in the length of the text. A regular expression for the same pattern could take
 * much longer.
 */
export function matchesPattern(text: string, pattern: string): boolean {
  const [head = "", ...rest] = pattern.split("*");
  const tail = rest.pop();
  if (tail === undefined) return text === head;
  if (!text.startsWith(head)) return false;
  let from = head.length;
  for (const part of rest) {
    const at = text.indexOf(part, from);
    if (at === -1) return false;
    from = at + part.length;
  }
  return text.length - tail.length >= from && text.endsWith(tail);
}

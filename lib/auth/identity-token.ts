import type { JWTPayload } from "jose";
import type { OidcRule } from "../config/config.ts";
import type { Settings } from "../config/settings.ts";
import { cleanToOneLine } from "../domain/clean-text.ts";
import { CallerName, type Instant } from "../domain/job.ts";
import type { JsonObject } from "../domain/json.ts";
import { truncate } from "../domain/truncate-text.ts";
import { type Caller, copyRightsOnly } from "./caller.ts";
import { DiscoveryError, type IssuerKeys, KeysOriginError } from "./issuer-keys.ts";
import { CLOCK_TOLERANCE_SECONDS, type FailedCheck, mayVerifyWithOtherKey, verifyJwt } from "./verify-jwt.ts";

const MAX_ISSUER_CHARACTERS = 200;

export type IdentityCheck =
  | { readonly kind: "caller"; readonly caller: Caller }
  /** `refusal` is null if the token is not an identity token. */
  | { readonly kind: "refused"; readonly refusal: TokenRefusal | null }
  /** The service could not check the token, because the signing keys of the issuer cannot be read now. */
  | { readonly kind: "unavailable"; readonly issuer: string; readonly cause: unknown };

/** Why an identity token was refused, for the log of the operator. The caller does not see the refusal. */
export interface TokenRefusal extends FailedCheck {
  /** The issuer that the token claims, in one line. */
  readonly issuer: string;
}

/** The parts of the config that decide whether an identity token is valid. */
interface IdentityConfig {
  readonly oidc: readonly OidcRule[];
  readonly settings: Pick<Settings, "identityTokenMinutes">;
}

/** Returns true if a bearer token has the form of a signed JWT (RFC 7515, section 7.1). */
export function hasJwtForm(token: string): boolean {
  return /^eyJ[\w-]*\.[\w-]+\.[\w-]+$/.test(token);
}

/**
 * Checks the identity token (OIDC) of a CI job. An identity token is valid if an issuer in the config has signed it and
 * its audience is this service. The expiry time must be in the future, and the lifetime must be short enough. The
 * claims must match at least one OIDC rule in the config. The caller has the rights of every OIDC rule that the
 * identity token matches.
 */
export async function checkIdentityToken(
  token: string,
  { oidc: rules, settings }: IdentityConfig,
  keys: IssuerKeys,
  now: Instant,
): Promise<IdentityCheck> {
  const { decodeJwt } = await import("jose/jwt/decode");
  const issuer = claimedIssuer(token, decodeJwt);
  const refuse = (check: FailedCheck["check"], claims: readonly string[] = []): IdentityCheck => {
    const shown = truncate(cleanToOneLine(issuer ?? ""), MAX_ISSUER_CHARACTERS);
    return { kind: "refused", refusal: { issuer: shown, check, claims } };
  };
  if (issuer === null) return refuse("form");
  const issuerRules = rules.filter((rule) => rule.issuer === issuer);
  if (issuerRules.length === 0) return refuse("issuer", ["iss"]);
  const audiences = issuerRules.map(({ audience }) => audience);
  const keysUrl = issuerRules.find(({ jwksUri }) => jwksUri !== undefined)?.jwksUri;
  const verify = async (refresh: boolean) =>
    verifyJwt(token, await keys.read(issuer, keysUrl, refresh), { issuer, audiences, now: new Date(now) });

  try {
    let verified = await verify(false);
    // The issuer may have a new key, even with the ID of an old key, so the function reads the keys again.
    if (verified.kind === "refused" && mayVerifyWithOtherKey(verified)) verified = await verify(true);
    if (verified.kind === "refused") return refuse(verified.check, verified.claims);
    const { claims } = verified;
    const { exp = 0, iat = 0 } = claims;
    // A stolen token can be used until it expires, so the lifetime of a token is limited. A time of issue in the future
    // would extend the lifetime.
    const isIssuedLater = iat * 1000 > now + CLOCK_TOLERANCE_SECONDS * 1000;
    if (isIssuedLater || exp - iat > settings.identityTokenMinutes * 60)
      return refuse("lifetime", ["exp", "iat"]);
    const mismatches = issuerRules.map((rule) => ({ rule, names: mismatchedClaims(claims, rule) }));
    const matching = mismatches.filter(({ names }) => names.length === 0).map(({ rule }) => rule);
    if (matching.length === 0) return refuse("claim", closestMismatch(mismatches.map(({ names }) => names)));
    const name = callerName(issuer, claims.sub, rules);
    if (name === null) return refuse("claim", ["sub"]);
    return { kind: "caller", caller: { name, rights: matching.map(copyRightsOnly) } };
  } catch (cause) {
    if (cause instanceof KeysOriginError) return refuse("keys_origin");
    // The document stays wrong until an operator acts, so a repeated call would be to no effect.
    return cause instanceof DiscoveryError ? refuse("discovery") : { kind: "unavailable", issuer, cause };
  }
}

/**
 * Returns the shortest of the given lists. The shortest list belongs to the OIDC rule that the identity token matches
 * best.
 */
const closestMismatch = (lists: readonly (readonly string[])[]): readonly string[] =>
  lists.toSorted((a, b) => a.length - b.length)[0] ?? [];

/**
 * Returns the name `oidc:ISSUER:SUB` of a caller. Returns null if the identity token has no claim `sub`, or if the name
 * is too long for a key in the ledger. The issuer and the claim `sub` can contain colons, so two different issuers can
 * lead to the same name of a caller. The function also returns null if a caller of another issuer in the config could
 * have the same name.
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
 * Returns the names of the claims of a verified identity token that do not match the OIDC rule. Returns an empty array if
 * the claims contain the audience of the OIDC rule and match every claim of the OIDC rule.
 */
export function mismatchedClaims(claims: JsonObject, rule: OidcRule): readonly string[] {
  const patterns = Object.entries(rule.claims).filter(
    ([name, pattern]) => !claimValues(claims, name).some((value) => matchesWildcardPattern(value, pattern)),
  );
  const names = patterns.map(([name]) => name);
  return claimValues(claims, "aud").includes(rule.audience) ? names : ["aud", ...names];
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
export function matchesWildcardPattern(text: string, pattern: string): boolean {
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

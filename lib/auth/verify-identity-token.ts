import type { JSONWebKeySet, JWK, JWTPayload } from "jose";
import type { OidcRule } from "../config/config.ts";
import type { Settings } from "../config/settings.ts";
import { toSafeOneLineText } from "../domain/clean-text.ts";
import { CallerName, type Instant } from "../domain/job.ts";
import { toObjectOrEmpty } from "../domain/json.ts";
import { truncate } from "../domain/truncate-text.ts";
import { type Caller, copyRightsOnly } from "./caller-rights.ts";
import { DiscoveryError, type IssuerKeys, KeysOriginError } from "./issuer-keys.ts";
import { listMismatchedClaimNames } from "./match-oidc-rule.ts";

const MAX_ISSUER_CHARACTERS = 200;

export type IdentityCheck =
  | { readonly kind: "caller"; readonly caller: Caller }
  /** `refusal` is null if the token is not an identity token. */
  | { readonly kind: "refused"; readonly refusal: TokenRefusal | null }
  /** The service did not check the token, because it could not read the keys of the issuer. */
  | { readonly kind: "unavailable"; readonly issuer: string; readonly cause: unknown };

/**
 * The reason why the service refused an identity token. The service writes the reason for a refusal only to its log.
 * The caller does not get the reason.
 */
export interface TokenRefusal extends FailedCheck {
  /** The name of the issuer in the token, shortened and without line breaks. */
  readonly issuer: string;
}

/** The parts of the config that the check of an identity token needs. */
interface IdentityConfig {
  readonly oidc: readonly OidcRule[];
  readonly settings: Pick<Settings, "identityTokenMinutes">;
}

/** Returns true if a token looks like a signed JWT (RFC 7515, section 7.1). */
export function hasJwtForm(token: string): boolean {
  return /^eyJ[\w-]*\.[\w-]+\.[\w-]+$/.test(token);
}

/**
 * Checks the identity token (OIDC) of a CI job. The token must be signed by an issuer in the config, and it must be
 * intended for this service. The token must not be expired, and its lifetime must not be too long. The claims of the
 * token must match at least one OIDC rule. The caller has the rights of every rule that matches.
 */
export async function verifyIdentityToken(
  token: string,
  { oidc: rules, settings }: IdentityConfig,
  keys: IssuerKeys,
  now: Instant,
): Promise<IdentityCheck> {
  const { decodeJwt } = await import("jose/jwt/decode");
  const issuer = claimedIssuer(token, decodeJwt);
  const refuse = (check: FailedCheck["check"], claims: readonly string[] = []): IdentityCheck => {
    const shown = truncate(toSafeOneLineText(issuer ?? ""), MAX_ISSUER_CHARACTERS);
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
    // The issuer may have a new key, even under an old key ID, so the service reads the keys again.
    if (verified.kind === "refused" && mayVerifyWithOtherKey(verified)) verified = await verify(true);
    if (verified.kind === "refused") return refuse(verified.check, verified.claims);
    const { claims } = verified;
    const { exp = 0, iat = 0 } = claims;
    // The service limits the lifetime of tokens, because a stolen token works until it expires. A token whose time of
    // issue is in the future could work for longer, so the service refuses such a token.
    const isIssuedLater = iat * 1000 > now + CLOCK_TOLERANCE_SECONDS * 1000;
    if (isIssuedLater || exp - iat > settings.identityTokenMinutes * 60)
      return refuse("lifetime", ["exp", "iat"]);
    const mismatches = issuerRules.map((rule) => ({ rule, names: listMismatchedClaimNames(claims, rule) }));
    const matching = mismatches.filter(({ names }) => names.length === 0).map(({ rule }) => rule);
    if (matching.length === 0) return refuse("claim", closestMismatch(mismatches.map(({ names }) => names)));
    const name = callerName(issuer, claims.sub, rules);
    if (name === null) return refuse("claim", ["sub"]);
    return { kind: "caller", caller: { name, rights: matching.map(copyRightsOnly) } };
  } catch (cause) {
    if (cause instanceof KeysOriginError) return refuse("keys_origin");
    // An operator must correct a wrong discovery document, so the caller should not try again.
    return cause instanceof DiscoveryError ? refuse("discovery") : { kind: "unavailable", issuer, cause };
  }
}

/**
 * Each list belongs to one rule, and contains the names of the claims that do not match the rule. Returns the shortest
 * list.
 */
const closestMismatch = (lists: readonly (readonly string[])[]): readonly string[] =>
  lists.toSorted((a, b) => a.length - b.length)[0] ?? [];

/**
 * Returns the caller's name `oidc:ISSUER:SUB`. If the claim `sub` is missing or the name is too long for the ledger,
 * the result is null. If the name could also belong to a token of another issuer in the config, the result is also
 * null. The reason: issuers and `sub` can contain colons.
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
 * The signature algorithms that the service accepts. The service accepts no algorithm with a shared secret, because the
 * service itself could then create valid tokens. "Ed25519" is the name in RFC 9864 for EdDSA with the curve Ed25519.
 */
const ALGORITHMS = "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519".split(" ");
/** The accepted difference between the clocks of an issuer and of the service. */
const CLOCK_TOLERANCE_SECONDS = 30;

/** The name of the check that a token has failed. The object does not contain the token. */
interface FailedCheck {
  readonly check:
    | "form"
    | "issuer"
    | "algorithm"
    | "key"
    | "keys_origin"
    | "discovery"
    | "signature"
    | "expiry"
    | "lifetime"
    | "claim";
  /** The names of the claims that caused the failure of the check. */
  readonly claims: readonly string[];
}

type VerifiedToken =
  | { readonly kind: "verified"; readonly claims: JWTPayload }
  | ({ readonly kind: "refused" } & FailedCheck);

/** Maps each error `code` of the package `jose` to the name of the failed check. */
const CHECKS: Readonly<Record<string, FailedCheck["check"]>> = {
  ERR_JOSE_ALG_NOT_ALLOWED: "algorithm",
  ERR_JOSE_NOT_SUPPORTED: "algorithm",
  ERR_JWS_INVALID: "form",
  ERR_JWT_INVALID: "form",
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: "signature",
  ERR_JWT_EXPIRED: "expiry",
  ERR_JWT_CLAIM_VALIDATION_FAILED: "claim",
};

/**
 * Checks the signature, the issuer, the audience and the times of a token. If several keys of the issuer may belong to
 * the token, the function tries each of them. The key ID in a token is only a hint (RFC 7515, section 4.1.4).
 * @param options.now the current time, which `jose` needs
 */
async function verifyJwt(
  token: string,
  keySet: JSONWebKeySet,
  options: { readonly issuer: string; readonly audiences: readonly string[]; readonly now: Date },
): Promise<VerifiedToken> {
  // The code imports `jose` only when the first identity token arrives. The imported functions of `jose` contain less
  // code than the whole package.
  const [{ decodeProtectedHeader }, { createLocalJWKSet }, { jwtVerify }, { JWKSMultipleMatchingKeys }] =
    await Promise.all([
      import("jose/decode/protected_header"),
      import("jose/jwks/local"),
      import("jose/jwt/verify"),
      import("jose/errors"),
    ]);
  const rules = {
    issuer: options.issuer,
    audience: [...options.audiences],
    algorithms: ALGORITHMS,
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    currentDate: options.now,
    requiredClaims: ["exp", "iat"],
  };
  try {
    const { kid } = decodeProtectedHeader(token);
    const candidates = createLocalJWKSet({ keys: keySet.keys.map((key) => adaptKey(key, kid)) });
    try {
      return { kind: "verified", claims: (await jwtVerify(token, candidates, rules)).payload };
    } catch (error) {
      if (!(error instanceof JWKSMultipleMatchingKeys)) throw error;
      let refusal = refusalOf(error);
      for await (const key of error) {
        const result = await jwtVerify(token, key, rules).catch(refusalOf);
        if ("payload" in result) return { kind: "verified", claims: result.payload };
        refusal = result;
        if (!mayVerifyWithOtherKey(refusal)) break;
      }
      return refusal;
    }
  } catch (error) {
    return refusalOf(error);
  }
}

/**
 * `jose` accepts a key only if the key ID and the algorithm are exactly those in the token. A key without a key ID
 * therefore gets the key ID of the token. The function removes the algorithm of a key with the curve Ed25519, because
 * this algorithm has an old and a new name.
 */
function adaptKey(key: JWK, tokenKid: string | undefined): JWK {
  const { alg, ...others } = key;
  const kid = key.kid ?? tokenKid;
  const isEd25519 = key.kty === "OKP" && key.crv === "Ed25519";
  return { ...others, ...(kid !== undefined && { kid }), ...(alg !== undefined && !isEd25519 && { alg }) };
}

/**
 * Returns true if the failed check may succeed with another key of the issuer. The check `key` fails, for example, if
 * the key is too short.
 */
const mayVerifyWithOtherKey = ({ check }: FailedCheck): boolean => check === "signature" || check === "key";

function refusalOf(error: unknown): Extract<VerifiedToken, { kind: "refused" }> {
  const { code, claim } = toObjectOrEmpty(error);
  const check = CHECKS[String(code)] ?? "key";
  return { kind: "refused", check, claims: typeof claim === "string" ? [claim] : [] };
}

import type { JSONWebKeySet, JWK, JWTPayload } from "jose";
import type { OidcRule } from "../config/config.ts";
import type { Settings } from "../config/settings.ts";
import { cleanToOneLine } from "../domain/clean-text.ts";
import { CallerName, type Instant } from "../domain/job.ts";
import { toObjectOrEmpty } from "../domain/json.ts";
import { truncate } from "../domain/truncate-text.ts";
import { type Caller, copyRightsOnly } from "./caller.ts";
import { DiscoveryError, type IssuerKeys, KeysOriginError } from "./issuer-keys.ts";
import { listMismatchedClaimNames } from "./match-oidc-rule.ts";

const MAX_ISSUER_CHARACTERS = 200;

export type IdentityCheck =
  | { readonly kind: "caller"; readonly caller: Caller }
  /** `refusal` is null if the token is not an identity token. */
  | { readonly kind: "refused"; readonly refusal: TokenRefusal | null }
  /** The service could not check the token, because the signing keys of the issuer cannot be read now. */
  | { readonly kind: "unavailable"; readonly issuer: string; readonly cause: unknown };

/** The reason why an identity token was refused, which only the operator sees, in the log. */
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
 * its audience is this service. The expiry time of the token must be in the future, and the lifetime of the token must
 * be short enough. The claims of the token must match at least one OIDC rule in the config. The caller has the rights
 * of every OIDC rule that the identity token matches.
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
    const mismatches = issuerRules.map((rule) => ({ rule, names: listMismatchedClaimNames(claims, rule) }));
    const matching = mismatches.filter(({ names }) => names.length === 0).map(({ rule }) => rule);
    if (matching.length === 0) return refuse("claim", closestMismatch(mismatches.map(({ names }) => names)));
    const name = callerName(issuer, claims.sub, rules);
    if (name === null) return refuse("claim", ["sub"]);
    return { kind: "caller", caller: { name, rights: matching.map(copyRightsOnly) } };
  } catch (cause) {
    if (cause instanceof KeysOriginError) return refuse("keys_origin");
    // The discovery document stays wrong until an operator corrects it, so a second try would not help.
    return cause instanceof DiscoveryError ? refuse("discovery") : { kind: "unavailable", issuer, cause };
  }
}

/**
 * Returns the shortest list of mismatched claims. The shortest list belongs to the OIDC rule that the identity token
 * matches best.
 */
const closestMismatch = (lists: readonly (readonly string[])[]): readonly string[] =>
  lists.toSorted((a, b) => a.length - b.length)[0] ?? [];

/**
 * Returns the name `oidc:ISSUER:SUB` of a caller. Returns null if the identity token has no claim `sub`, or if the name
 * is too long for a key in the ledger. The issuer and the claim `sub` can contain colons, so two different issuers can
 * lead to the same name of a caller. Returns null also if a caller of another issuer in the config could have the same
 * name.
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
 * The signature algorithms that the service allows for identity tokens. Each allowed algorithm is asymmetric, because
 * the service itself could create valid tokens if the service and the issuer shared a secret. RFC 9864 gives the name
 * Ed25519 to the algorithm EdDSA with the curve Ed25519.
 */
const ALGORITHMS = "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519".split(" ");
/** The clock of an issuer may differ from the clock of the service by 30 seconds. */
const CLOCK_TOLERANCE_SECONDS = 30;

/** The check of an identity token that failed. The token itself is never part of a refusal. */
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
  /** The names of the token claims that made the check of the identity token fail. */
  readonly claims: readonly string[];
}

type VerifiedToken =
  | { readonly kind: "verified"; readonly claims: JWTPayload }
  | ({ readonly kind: "refused" } & FailedCheck);

/** A map from the property `code` of an error of the package `jose` to the check that failed. */
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
 * Verifies the signature, the issuer, the audience and the times of an identity token. If several keys may belong to
 * the token, each key is tried (RFC 7515, section 4.1.4: the key ID is only a hint).
 * @param options.now the current time as a `Date`, which the package `jose` expects
 */
async function verifyJwt(
  token: string,
  keySet: JSONWebKeySet,
  options: { readonly issuer: string; readonly audiences: readonly string[]; readonly now: Date },
): Promise<VerifiedToken> {
  // The service loads the package `jose` when the service checks the first identity token. The import paths of single
  // functions load less code than the whole package `jose`.
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
 * Adapts a key of an issuer to the package `jose`, which finds a key only by its exact key ID and algorithm. A key
 * without a key ID may belong to any token. A key for EdDSA may have the old or the new name of its algorithm.
 */
function adaptKey(key: JWK, tokenKid: string | undefined): JWK {
  const { alg, ...others } = key;
  const kid = key.kid ?? tokenKid;
  const isEd25519 = key.kty === "OKP" && key.crv === "Ed25519";
  return { ...others, ...(kid !== undefined && { kid }), ...(alg !== undefined && !isEd25519 && { alg }) };
}

/**
 * Returns true if another key of the issuer could verify the token. The check `key` also fails if a key is too short to
 * verify any token.
 */
const mayVerifyWithOtherKey = ({ check }: FailedCheck): boolean => check === "signature" || check === "key";

function refusalOf(error: unknown): Extract<VerifiedToken, { kind: "refused" }> {
  const { code, claim } = toObjectOrEmpty(error);
  const check = CHECKS[String(code)] ?? "key";
  return { kind: "refused", check, claims: typeof claim === "string" ? [claim] : [] };
}

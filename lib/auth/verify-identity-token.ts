import type { JSONWebKeySet, JWK, JWTPayload } from "jose";
import type { OidcRule } from "../config/config.ts";
import type { Settings } from "../config/settings.ts";
import { cleanToOneLine } from "../domain/clean-text.ts";
import { CallerName, type Instant } from "../domain/job.ts";
import { toObjectOrEmpty } from "../domain/json.ts";
import { truncate } from "../domain/truncate-text.ts";
import { type Caller, copyRightsOnly } from "./caller-and-rights.ts";
import { DiscoveryError, type IssuerKeys, KeysOriginError } from "./issuer-keys.ts";
import { listMismatchedClaimNames } from "./match-oidc-rule.ts";

const MAX_ISSUER_CHARACTERS = 200;

export type IdentityCheck =
  | { readonly kind: "caller"; readonly caller: Caller }
  /** Null if the token is not an identity token. */
  | { readonly kind: "refused"; readonly refusal: TokenRefusal | null }
  /** The keys of the issuer cannot be read now, so the token was not checked. */
  | { readonly kind: "unavailable"; readonly issuer: string; readonly cause: unknown };

/**
 * The reason why an identity token was refused. Only the log contains this reason. The caller does not see the reason.
 */
export interface TokenRefusal extends FailedCheck {
  /** The issuer in the token, in one line. */
  readonly issuer: string;
}

/** The parts of the config that the check needs. */
interface IdentityConfig {
  readonly oidc: readonly OidcRule[];
  readonly settings: Pick<Settings, "identityTokenMinutes">;
}

/** Returns true if a token has the form of a signed JWT (RFC 7515, section 7.1). */
export function hasJwtForm(token: string): boolean {
  return /^eyJ[\w-]*\.[\w-]+\.[\w-]+$/.test(token);
}

/**
 * Checks the identity token (OIDC) of a CI job. An issuer in the config must have signed the token for this service.
 * The token must not have expired, and its lifetime must be short enough. The claims of the token must match at least
 * one OIDC rule. The caller gets the rights of each matching rule.
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
    // The issuer may have a new key, even with an old key ID, so the keys are read again.
    if (verified.kind === "refused" && mayVerifyWithOtherKey(verified)) verified = await verify(true);
    if (verified.kind === "refused") return refuse(verified.check, verified.claims);
    const { claims } = verified;
    const { exp = 0, iat = 0 } = claims;
    // A stolen token is valid until it expires, so its lifetime is limited. If a token had a later time of issue, its
    // lifetime would end later.
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
    // A wrong discovery document stays wrong until an operator corrects it, so a second try would not help.
    return cause instanceof DiscoveryError ? refuse("discovery") : { kind: "unavailable", issuer, cause };
  }
}

/** Returns the shortest list of mismatched claims, which belongs to the most similar rule. */
const closestMismatch = (lists: readonly (readonly string[])[]): readonly string[] =>
  lists.toSorted((a, b) => a.length - b.length)[0] ?? [];

/**
 * Returns `oidc:ISSUER:SUB`. The result is null without a claim `sub`, or if the name is too long for a ledger key.
 * Issuers and `sub` can contain colons, so two issuers can lead to the same name. If two issuers of the config can
 * lead to the same name, the result is also null.
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
 * The allowed signature algorithms. All algorithms are asymmetric, because with a shared secret the service itself
 * could create valid tokens. RFC 9864 calls EdDSA with the curve Ed25519 "Ed25519".
 */
const ALGORITHMS = "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519".split(" ");
/** The allowed difference between the clocks of an issuer and of the service. */
const CLOCK_TOLERANCE_SECONDS = 30;

/** The failed check of a token. The object never contains the token. */
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
  /** The claims that made the check fail. */
  readonly claims: readonly string[];
}

type VerifiedToken =
  | { readonly kind: "verified"; readonly claims: JWTPayload }
  | ({ readonly kind: "refused" } & FailedCheck);

/** The failed check, by the `code` of an error of `jose`. */
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
 * Checks the signature, issuer, audience and times of a token. If several keys are possible, each is tried (the key ID
 * is only a hint, RFC 7515, section 4.1.4).
 * @param options.now the current time for `jose`
 */
async function verifyJwt(
  token: string,
  keySet: JSONWebKeySet,
  options: { readonly issuer: string; readonly audiences: readonly string[]; readonly now: Date },
): Promise<VerifiedToken> {
  // `jose` is loaded for the first identity token only. Single functions of `jose` need less code than the whole
  // package.
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
 * Adapts a key for `jose`, which compares key ID and algorithm exactly. A key without a key ID may belong to any token.
 * An EdDSA key may have the old or the new name of its algorithm.
 */
function adaptKey(key: JWK, tokenKid: string | undefined): JWK {
  const { alg, ...others } = key;
  const kid = key.kid ?? tokenKid;
  const isEd25519 = key.kty === "OKP" && key.crv === "Ed25519";
  return { ...others, ...(kid !== undefined && { kid }), ...(alg !== undefined && !isEd25519 && { alg }) };
}

/**
 * Returns true if another key could verify the token. The check `key` also fails if a key is too short for any token.
 */
const mayVerifyWithOtherKey = ({ check }: FailedCheck): boolean => check === "signature" || check === "key";

function refusalOf(error: unknown): Extract<VerifiedToken, { kind: "refused" }> {
  const { code, claim } = toObjectOrEmpty(error);
  const check = CHECKS[String(code)] ?? "key";
  return { kind: "refused", check, claims: typeof claim === "string" ? [claim] : [] };
}

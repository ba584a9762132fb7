import type { JSONWebKeySet, JWK, JWTPayload } from "jose";
import { toObjectOrEmpty } from "../domain/json.ts";

/**
 * The signature algorithms that the service allows for identity tokens. Each allowed algorithm is asymmetric, because
 * the service itself could create valid tokens if the service and the issuer shared a secret. RFC 9864 gives the name
 * Ed25519 to the algorithm EdDSA with the curve Ed25519.
 */
const ALGORITHMS = "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519".split(" ");
/** The clock of an issuer may differ from the clock of the service by this time. */
export const CLOCK_TOLERANCE_SECONDS = 30;

/** The check of an identity token that failed. The token itself is never part of a refusal. */
export interface FailedCheck {
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
  /** The names of the claims because of which the check failed. */
  readonly claims: readonly string[];
}

type VerifiedToken =
  | { readonly kind: "verified"; readonly claims: JWTPayload }
  | ({ readonly kind: "refused" } & FailedCheck);

/** The checks of an identity token by the property `code` of the errors of the package `jose`. */
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
 * Verifies the signature, the issuer, the audience and the times of an identity token. If several keys may belong to the
 * token, each key is tried (RFC 7515, section 4.1.4: the key ID is only a hint).
 * @param options.now the current time as a `Date`, which the package `jose` expects
 */
export async function verifyJwt(
  token: string,
  keySet: JSONWebKeySet,
  options: { readonly issuer: string; readonly audiences: readonly string[]; readonly now: Date },
): Promise<VerifiedToken> {
  // The service loads the package `jose` when the service checks the first identity token. These import paths load less
  // code than the whole package `jose`.
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
 * Returns true if another key of the issuer could verify the token. A key that is too short cannot verify any token.
 */
export const mayVerifyWithOtherKey = ({ check }: FailedCheck): boolean =>
  check === "signature" || check === "key";

function refusalOf(error: unknown): Extract<VerifiedToken, { kind: "refused" }> {
  const { code, claim } = toObjectOrEmpty(error);
  const check = CHECKS[String(code)] ?? "key";
  return { kind: "refused", check, claims: typeof claim === "string" ? [claim] : [] };
}

import { createHash } from "node:crypto";
import type { Rights, Token } from "../../lib/config/config.ts";

/** A new API token has 256 random bits. */
export const TOKEN_BYTES = 32;

/**
 * Creates a bearer token for the service's API, and the config entry for this token. The config entry contains only the
 * hash of the token. Each token begins with `ccen_`, so that a scanner for secrets can find the token in source code.
 * @param random `TOKEN_BYTES` random bytes
 */
export function createToken(
  random: Uint8Array,
  rights: Rights,
): { readonly token: string; readonly entry: Token } {
  const token = `ccen_${Buffer.from(random).toString("base64url")}`;
  return { token, entry: { sha256: createHash("sha256").update(token).digest("hex"), ...rights } };
}

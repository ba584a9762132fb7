import { createHash, timingSafeEqual } from "node:crypto";
import type { Config, Token } from "../config/config.ts";
import type { Caller } from "./caller.ts";

/** No bearer token and no identity token is longer. A longer header is refused before it is hashed. */
const MAX_HEADER_LENGTH = 16_384;

/** A new token has 256 random bits. */
export const TOKEN_BYTES = 32;

export type Authorization =
  | { readonly kind: "bearer"; readonly token: string }
  | { readonly kind: "absent" }
  | { readonly kind: "malformed" };

/** Parses an `Authorization` header (RFC 6750, section 2.1). */
export function parseAuthorization(header: string | undefined): Authorization {
  if (header === undefined || header.trim() === "") return { kind: "absent" };
  if (header.length > MAX_HEADER_LENGTH) return { kind: "malformed" };
  const token = /^\s*bearer +([A-Za-z0-9._~+/-]+=*)\s*$/i.exec(header)?.[1];
  return token === undefined ? { kind: "malformed" } : { kind: "bearer", token };
}

/**
 * Returns the caller whose token has this SHA-256 in the config, or null. The function compares every configured hash
 * in constant time. So the duration says nothing about the tokens.
 */
export function findTokenCaller(token: string, tokens: Config["tokens"]): Caller | null {
  const hash = sha256(token);
  let found: Caller | null = null;
  for (const [name, entry] of Object.entries(tokens))
    for (const hex of [entry.sha256].flat())
      if (timingSafeEqual(hash, Buffer.from(hex, "hex")))
        found = { name: `token:${name}`, projects: entry.projects, targets: entry.targets };
  return found;
}

/**
 * Creates a bearer token and its entry for the config. The config contains only the hash of the token.
 * The prefix `ccen_` lets secret scanners find a token in source code.
 * @param random `TOKEN_BYTES` random bytes.
 */
export function createToken(
  random: Uint8Array,
  { projects, targets }: { readonly projects: readonly string[]; readonly targets: readonly string[] },
): { readonly token: string; readonly entry: Token } {
  const token = `ccen_${Buffer.from(random).toString("base64url")}`;
  const entry = { sha256: sha256(token).toString("hex"), projects: [...projects], targets: [...targets] };
  return { token, entry };
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

import { createHash, timingSafeEqual } from "node:crypto";
import type { Config } from "../config/config.ts";
import type { Caller } from "./caller.ts";

/** Longer than any token or identity token; what is longer is not even hashed. */
const MAX_TOKEN_LENGTH = 16_384;

export type Credential =
  | { readonly kind: "bearer"; readonly token: string }
  | { readonly kind: "absent" }
  | { readonly kind: "malformed" };

/** Reads an `Authorization` header (RFC 6750, section 2.1). */
export function readAuthorization(header: string | undefined): Credential {
  if (header === undefined || header.trim() === "") return { kind: "absent" };
  if (header.length > MAX_TOKEN_LENGTH) return { kind: "malformed" };
  const token = /^\s*bearer +([A-Za-z0-9._~+/-]+=*)\s*$/i.exec(header)?.[1];
  return token === undefined ? { kind: "malformed" } : { kind: "bearer", token };
}

/**
 * The caller whose token's SHA-256 is configured, or null. Every configured digest is compared, each in constant
 * time, so that neither the answer's time nor its order tells how near a guess was.
 */
export function callerOfToken(token: string, tokens: Config["tokens"]): Caller | null {
  const digest = createHash("sha256").update(token).digest();
  let found: Caller | null = null;
  for (const [name, { sha256, projects, targets }] of Object.entries(tokens))
    for (const hex of [sha256].flat())
      if (timingSafeEqual(digest, Buffer.from(hex, "hex")))
        found = { name: `token:${name}`, projects, targets };
  return found;
}

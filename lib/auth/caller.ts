import { createHash, timingSafeEqual } from "node:crypto";
import type { Config, Token } from "../config/config.ts";

/** An authenticated caller, with the names of the projects and targets that it may use. `*` means all. */
export interface Caller extends Readonly<Pick<Token, "projects" | "targets">> {
  /** `token:NAME` or `oidc:ISSUER_HOST`. */
  readonly name: string;
}

/** No bearer token and no identity token is longer. A longer header is refused before it is hashed. */
const MAX_HEADER_LENGTH = 16_384;

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
  const hash = createHash("sha256").update(token).digest();
  let found: Caller | null = null;
  for (const [name, entry] of Object.entries(tokens))
    for (const hex of [entry.sha256].flat())
      if (timingSafeEqual(hash, Buffer.from(hex, "hex")))
        found = { name: `token:${name}`, projects: entry.projects, targets: entry.targets };
  return found;
}

/** Returns true when the caller may use this name. The name may be unknown to the config. */
export function mayUse(caller: Caller, kind: "projects" | "targets", name: string): boolean {
  return caller[kind].includes("*") || caller[kind].includes(name);
}

/** Returns true when the config has this project or target. */
export function isConfigured(config: Config, kind: "projects" | "targets", name: string): boolean {
  // `in` would find inherited properties, such as `constructor`.
  return Object.hasOwn(config[kind], name);
}

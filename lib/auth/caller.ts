import { createHash, timingSafeEqual } from "node:crypto";
import type { Config, Token } from "../config/config.ts";

/**
 * A caller whom the service has authenticated. `projects` and `targets` contain the names of the projects and targets
 * that the caller may use. The entry `*` in `projects` or `targets` allows all names.
 */
export interface Caller extends Readonly<Pick<Token, "projects" | "targets">> {
  /** The name of the caller is `token:NAME` or `oidc:ISSUER_HOST`. */
  readonly name: string;
}

/**
 * The maximum length of an `Authorization` header. A header with a valid token is always shorter. The service rejects a
 * longer header before the service hashes the token.
 */
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
 * Returns the caller to whom the token belongs. Returns null if the config does not contain the SHA-256 hash of the
 * token. The function compares the hash with every hash in the config in constant time, so the duration of the function
 * reveals nothing about valid tokens.
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

/** Returns true if the caller may use the project or target with this name. The config may not contain the name. */
export function mayUse(caller: Caller, kind: "projects" | "targets", name: string): boolean {
  return caller[kind].includes("*") || caller[kind].includes(name);
}

/** Returns true if the config contains the project or target. */
export function isConfigured(config: Config, kind: "projects" | "targets", name: string): boolean {
  // The JavaScript operator `in` would also find inherited properties, such as `constructor`.
  return Object.hasOwn(config[kind], name);
}

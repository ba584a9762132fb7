import { createHash, timingSafeEqual } from "node:crypto";
import type { CallerOperation, Config, Rights } from "../config/config.ts";

/** An authenticated caller. */
export interface Caller {
  /** `token:NAME` or `oidc:ISSUER:SUB`. */
  readonly name: string;
  /**
   * The caller's rights from the config. A caller with a bearer token has one entry. An identity token has one entry
   * for each OIDC rule that it matches. Two entries are never combined into one right.
   */
  readonly rights: readonly Rights[];
}

/**
 * The operation, project and target that a caller wants to use. A single entry of the rights must contain all given
 * fields.
 */
interface WantedRight {
  readonly operation?: CallerOperation;
  readonly project?: string | undefined;
  readonly target?: string;
}

/**
 * The maximum length of an `Authorization` header. A header that contains a valid token is always shorter. A longer
 * header is refused, and its hash is not computed.
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
 * Returns the caller of a token, or null if the config does not contain the hash of the token. The comparison takes
 * constant time, so its duration reveals nothing about valid tokens.
 */
export function findTokenCaller(token: string, tokens: Config["tokens"]): Caller | null {
  const hash = createHash("sha256").update(token).digest();
  let found: Caller | null = null;
  for (const [name, entry] of Object.entries(tokens))
    for (const hex of [entry.sha256].flat())
      if (timingSafeEqual(hash, Buffer.from(hex, "hex")))
        found = { name: `token:${name}`, rights: [copyRightsOnly(entry)] };
  return found;
}

export function copyRightsOnly({ projects, targets, operations }: Rights): Rights {
  return { projects, targets, operations };
}

/**
 * Returns true if a single entry of the caller's rights contains all wanted fields. The config need not contain the
 * project and the target. An entry without operations gives no right.
 */
export function mayUse({ rights }: Caller, { operation, project, target }: WantedRight): boolean {
  const allows = (names: readonly string[], name: string | undefined) =>
    name === undefined || names.includes("*") || names.includes(name);
  return rights.some(
    ({ projects, targets, operations }) =>
      operations.length > 0 &&
      allows(operations, operation) &&
      allows(projects, project) &&
      allows(targets, target),
  );
}

export function isNameInConfig(config: Config, kind: "project" | "target", name: string): boolean {
  // The operator `in` would also find inherited names such as `constructor`.
  return Object.hasOwn(config[`${kind}s`], name);
}

import { createHash, timingSafeEqual } from "node:crypto";
import type { CallerOperation, Config, Rights } from "../config/config.ts";

/** A caller whom the service has authenticated. */
export interface Caller {
  /** The name of the caller is `token:NAME` or `oidc:ISSUER:SUB`. */
  readonly name: string;
  /**
   * The rights that the config gives to the caller. For a bearer token, `rights` has one element. For an identity token
   * (the token of a CI job), `rights` has one element for each OIDC rule that the token matches. The service never
   * combines parts of two elements of `rights`.
   */
  readonly rights: readonly Rights[];
}

/**
 * The operation, the project and the target that a caller wants to use. One element of the caller's rights must contain
 * each field that is given.
 */
interface WantedRight {
  readonly operation?: CallerOperation;
  readonly project?: string | undefined;
  readonly target?: string;
}

/**
 * The maximum length of an `Authorization` header. A header with a valid token is always shorter. The service rejects a
 * longer header without computing a hash of the token.
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
 * Returns the caller to whom a token belongs, or null if the config does not contain the SHA-256 hash of the token. The
 * hash is compared with every hash in the config in constant time, so the duration reveals nothing about valid tokens.
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
 * Returns true if one entry of the caller's rights contains all wanted fields. Does not check whether the config
 * contains the project and the target. An entry without operations gives the caller no right.
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
  // The JavaScript operator `in` would also find inherited properties, such as `constructor`, so the function uses
  // `Object.hasOwn`.
  return Object.hasOwn(config[`${kind}s`], name);
}

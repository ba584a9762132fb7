import { createHash, timingSafeEqual } from "node:crypto";
import type { CallerOperation, Config, Rights } from "../config/config.ts";

/** A caller whose token the service has checked. */
export interface Caller {
  /** The name of the caller: `token:NAME` or `oidc:ISSUER:SUB`. */
  readonly name: string;
  /**
   * What the caller may do, from the config. A bearer token gives its caller one entry in `rights`. An identity token
   * gives its caller one entry for each OIDC rule that matches the token. The caller may send a request only if one
   * single entry allows its operation, its project and its target.
   */
  readonly rights: readonly Rights[];
}

/**
 * The operation, the project and the target that a request is about. One entry of the rights must allow the operation,
 * the project and the target together.
 */
interface WantedRight {
  readonly operation?: CallerOperation;
  readonly project?: string | undefined;
  readonly target?: string;
}

/**
 * The maximum length of an `Authorization` header. A header with a valid token is always shorter, so the service
 * refuses a longer header without computing a hash.
 */
const MAX_HEADER_LENGTH = 16_384;

export type Authorization =
  | { readonly kind: "bearer"; readonly token: string }
  | { readonly kind: "absent" }
  | { readonly kind: "malformed" };

/** Parses the header `Authorization` of a request (RFC 6750, section 2.1). */
export function parseAuthorization(header: string | undefined): Authorization {
  if (header === undefined || header.trim() === "") return { kind: "absent" };
  if (header.length > MAX_HEADER_LENGTH) return { kind: "malformed" };
  const token = /^\s*bearer +([A-Za-z0-9._~+/-]+=*)\s*$/i.exec(header)?.[1];
  return token === undefined ? { kind: "malformed" } : { kind: "bearer", token };
}

/**
 * Returns the caller to whom a token belongs. If the config does not contain the hash of the token, returns null. The
 * comparison takes the same time for every token. The reason: an attacker could otherwise learn a valid token from
 * measured times.
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
 * Returns true if one single entry of the caller's rights allows everything that the request needs. The function does
 * not check whether the config contains the project or the target. An entry without operations allows nothing.
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
  // The operator `in` of JavaScript would also find inherited names such as `constructor`.
  return Object.hasOwn(config[`${kind}s`], name);
}

import type { Config } from "../config/config.ts";

/** Who is calling, and what they may use: names, or `*` for all. */
export interface Caller {
  /** `token:<name>` or `oidc:<issuer>`: for the log. */
  readonly name: string;
  readonly projects: readonly string[];
  readonly targets: readonly string[];
}

/** Whether the caller's scope covers a name. It says nothing about whether the name exists. */
export function mayUse(caller: Caller, scope: "projects" | "targets", name: string): boolean {
  return caller[scope].includes("*") || caller[scope].includes(name);
}

/** Whether the config knows a name; names such as `constructor` are no names. */
export function isKnown(config: Config, kind: "projects" | "targets", name: string): boolean {
  return Object.hasOwn(config[kind], name);
}

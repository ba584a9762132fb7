import type { Config } from "../config/config.ts";

/** An authenticated caller, with the names of the projects and targets that it may use. `*` means all. */
export interface Caller {
  /** `token:NAME` or `oidc:ISSUER_HOST`. */
  readonly name: string;
  readonly projects: readonly string[];
  readonly targets: readonly string[];
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

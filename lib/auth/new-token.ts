import { createHash } from "node:crypto";
import type { Token } from "../config/config.ts";

/** Enough that nobody guesses it: 256 bits. */
export const TOKEN_BYTES = 32;

export interface NewToken {
  /** For the caller, once: nothing keeps it. */
  readonly token: string;
  /** For the config, under `tokens` and a name. */
  readonly entry: Token;
}

/** Makes a bearer token of random bytes. The prefix lets scanners of source code find a leaked one. */
export function newToken(
  random: Uint8Array,
  scopes: { readonly projects: readonly string[]; readonly targets: readonly string[] },
): NewToken {
  const token = `ccen_${Buffer.from(random).toString("base64url")}`;
  const sha256 = createHash("sha256").update(token).digest("hex");
  return { token, entry: { sha256, projects: [...scopes.projects], targets: [...scopes.targets] } };
}

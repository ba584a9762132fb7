import type { Config } from "../../lib/config/config.ts";

/** Enough of a token's hash to tell it from another. */
const SHOWN = 8;

/** A config as JSON to be read by a person: secrets print themselves as `<secret>`, hashes are cut. */
export function showConfig(config: Config): string {
  return JSON.stringify(
    config,
    (key, value: unknown) => {
      if (key !== "sha256") return value;
      return Array.isArray(value) ? value.map(cut) : cut(value);
    },
    2,
  );
}

const cut = (hash: unknown): string => `${String(hash).slice(0, SHOWN)}…`;

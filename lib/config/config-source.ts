import { createExpiringCache } from "../domain/expiring-cache.ts";
import type { Instant } from "../domain/job.ts";
import { assembleConfig, type ConfigEntry } from "./assemble-config.ts";
import { type Config, parseConfig } from "./config.ts";

/** How long a config is used before it is read again. */
const MAX_AGE_MS = 5 * 60_000;
/** How long a config is used when a caller asks for a new one. It limits how often the config is read. */
const REFRESH_AGE_MS = 10_000;

export interface ConfigSource {
  /**
   * Returns the config, at most five minutes old. Returns the latest valid config while the newest one has faults or
   * cannot be read. Returns the same object until the config changes.
   */
  current(): Promise<Config>;
  /** Like `current`. Reads the config again when it has no such project or target. */
  currentWith(kind: "projects" | "targets", name: string): Promise<Config>;
  /** Like `current`, but at most ten seconds old. */
  refreshed(): Promise<Config>;
  /** @throws the error of the latest read, even while an older valid config is in use. */
  check(): Promise<void>;
}

/** The config has faults. The message lists all of them. */
export class ConfigInvalidError extends Error {
  override readonly name = "ConfigInvalidError";
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`The config has faults: ${faults.join("; ")}`);
    this.faults = faults;
  }
}

/**
 * Creates a source that keeps the config. All its methods throw `ConfigInvalidError`, or what `readEntries` threw,
 * while no valid config has been read yet.
 * @param options.readEntries reads all entries.
 * @param options.onFault gets the error of each read that failed or found faults.
 */
export function createConfigSource(options: {
  readonly readEntries: () => Promise<readonly ConfigEntry[]>;
  readonly now: () => Instant;
  readonly onFault: (error: unknown) => void;
}): ConfigSource {
  const { readEntries, now, onFault } = options;
  let valid: { readonly config: Config; readonly text: string } | null = null;
  let latestError: unknown = null;

  async function load(): Promise<Config> {
    try {
      const entries = await readEntries();
      const text = JSON.stringify(entries);
      if (valid?.text !== text) valid = { config: parseEntries(entries), text };
      latestError = null;
      return valid.config;
    } catch (error) {
      latestError = error;
      onFault(error);
      if (valid === null) throw error;
      return valid.config;
    }
  }

  const cache = createExpiringCache({ load, now, maxAgeMs: MAX_AGE_MS });
  const current = () => cache.get("config");
  const refreshed = () => cache.get("config", REFRESH_AGE_MS);
  return {
    current,
    refreshed,
    async currentWith(kind, name) {
      const config = await current();
      return Object.hasOwn(config[kind], name) ? config : refreshed();
    },
    async check() {
      await refreshed();
      if (latestError !== null) throw latestError;
    },
  };
}

function parseEntries(entries: readonly ConfigEntry[]): Config {
  const assembled = assembleConfig(entries);
  if (assembled.kind === "faults") throw new ConfigInvalidError(assembled.faults);
  const parsed = parseConfig(assembled.document);
  if (parsed.kind === "faults") throw new ConfigInvalidError(parsed.faults);
  return parsed.config;
}

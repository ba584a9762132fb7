import { createExpiringCache } from "../domain/expiring-cache.ts";
import type { Instant } from "../domain/job.ts";
import { assembleConfig, type ConfigEntry } from "./assemble-config.ts";
import { type Config, type ParsedConfig, parseConfig } from "./config.ts";

/** The config is read again when the config is older than this age. */
const MAX_AGE_MS = 5 * 60_000;
/** The maximum age of a refreshed config. The age limits how often the config is read. */
const REFRESH_AGE_MS = 10_000;
/** The delay between a failed read and the next read. The delay is short, because most failures pass soon. */
const UNREADABLE_AGE_MS = 30_000;
/** If no valid config exists, callers get the same error for this time without a new read. */
const FAILURE_AGE_MS = 5000;
/** A random part of up to 20 % shortens each age, so that instances do not read the config at the same moment. */
const JITTER = 0.2;

/** The time limit of the first read in a new instance. A caller must get an HTTP response within 30 s. */
const FIRST_READ_MS = 8000;
/** The time limit of a later read. The limit is short, because the instance already has a valid config. */
const REFRESH_READ_MS = 1000;

/** An invalid config is read again, because a read of several pages may see only a part of a change. */
const MAX_READS = 3;
const REREAD_DELAY_MS = 400;

export interface ConfigSource {
  /**
   * Returns a config that was read at most five minutes ago.
   * Returns the latest valid config if the newest config has faults or cannot be read.
   * Returns the same object until the config changes.
   */
  current(): Promise<Config>;
  /** Returns the config like `current`. Reads the config again if the config does not have the project or target. */
  currentWith(kind: "projects" | "targets", name: string): Promise<Config>;
  /** Returns the config like `current`, but the config was read at most ten seconds ago. */
  refreshed(): Promise<Config>;
  /**
   * Checks that the config can be read and has no faults.
   * @throws the error of the latest read, even if an older valid config is in use.
   */
  check(): Promise<void>;
}

/** The error for a config with faults. The message lists all faults. */
export class ConfigInvalidError extends Error {
  override readonly name = "ConfigInvalidError";
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`The config has faults: ${faults.join("; ")}`);
    this.faults = faults;
  }
}

/** The error for a config that cannot be read. The config may be valid. `cause` is the error of the read. */
export class ConfigUnreadableError extends Error {
  override readonly name = "ConfigUnreadableError";

  constructor(cause: unknown) {
    super("The config cannot be read", { cause });
  }
}

interface ValidConfig {
  readonly config: Config;
  /** All entries as one text. A different text shows that the config has changed. */
  readonly text: string;
}

/**
 * Creates a source that reads and caches the config. Before the first valid config, all methods of the source throw
 * `ConfigInvalidError` or `ConfigUnreadableError`. A method throws the same error for some seconds without a new read.
 * @param options.readEntries reads all config entries. `readEntries` may repeat requests for at most `timeLimitMs`.
 * @param options.onFault receives the error of each read that failed or found faults.
 */
export function createConfigSource(options: {
  readonly readEntries: (timeLimitMs: number) => Promise<readonly ConfigEntry[]>;
  readonly now: () => Instant;
  readonly random: () => number;
  readonly wait: (ms: number) => Promise<void>;
  readonly onFault: (error: ConfigInvalidError | ConfigUnreadableError) => void;
}): ConfigSource {
  const { readEntries, now, random, wait, onFault } = options;
  let valid: ValidConfig | null = null;
  let latestError: ConfigInvalidError | ConfigUnreadableError | null = null;

  const jittered = (ms: number) => ms * (1 - JITTER * random());
  const read = async (until: Instant) => {
    try {
      return await readEntries(Math.max(0, until - now()));
    } catch (error) {
      throw new ConfigUnreadableError(error);
    }
  };

  /** Reads the entries until the entries are valid. Throws if two reads return the same invalid entries. */
  const readConfig = async (): Promise<ValidConfig> => {
    const until = now() + (valid === null ? FIRST_READ_MS : REFRESH_READ_MS);
    let previous: string | null = null;
    for (let reads = 1; ; reads += 1) {
      const entries = await read(until);
      const text = JSON.stringify(entries);
      if (valid?.text === text) return valid;
      const parsed = parseEntries(entries);
      if (parsed.kind === "config") return { config: parsed.config, text };
      if (text === previous || reads === MAX_READS) throw new ConfigInvalidError(parsed.faults);
      previous = text;
      await wait(jittered(REREAD_DELAY_MS));
    }
  };

  const load = async (): Promise<Config> => {
    try {
      valid = await readConfig();
      latestError = null;
      return valid.config;
    } catch (error) {
      if (!(error instanceof ConfigInvalidError || error instanceof ConfigUnreadableError)) throw error;
      latestError = error;
      onFault(error);
      if (valid === null) throw error;
      return valid.config;
    }
  };

  const refreshAgeMs = jittered(REFRESH_AGE_MS);
  const cache = createExpiringCache({
    load,
    now,
    maxAgeMs: () => jittered(latestError instanceof ConfigUnreadableError ? UNREADABLE_AGE_MS : MAX_AGE_MS),
    failureMaxAgeMs: FAILURE_AGE_MS,
  });
  const current = () => cache.get("config");
  const refreshed = () => cache.get("config", refreshAgeMs);
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

function parseEntries(entries: readonly ConfigEntry[]): ParsedConfig {
  const assembled = assembleConfig(entries);
  return assembled.kind === "faults" ? assembled : parseConfig(assembled.document);
}

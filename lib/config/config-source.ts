import { createExpiringCache } from "../domain/expiring-cache.ts";
import type { Instant } from "../domain/job.ts";
import { assembleConfig, type ConfigEntry } from "./assemble-config.ts";
import { type Config, type ParsedConfig, parseConfig } from "./config.ts";

/** How long a config is used before it is read again. */
const MAX_AGE_MS = 5 * 60_000;
/** How long a config is used when a caller asks for a new one. It limits how often the config is read. */
const REFRESH_AGE_MS = 10_000;
/** How long the latest valid config is used after a read that failed. Shorter, because the failure usually passes. */
const UNREADABLE_AGE_MS = 30_000;
/** How long a failure is repeated to callers while there is no valid config. */
const FAILURE_AGE_MS = 5000;
/** These ages are shorter by a random part of up to 20 %, so that instances do not read together. */
const JITTER = 0.2;

/** How long a new instance tries to read its first config. An HTTP call must be answered within 30 s. */
const FIRST_READ_MS = 8000;
/** How long an instance with a config tries to read a new one. It has a valid config, so callers need not wait. */
const REFRESH_READ_MS = 1000;

/** An invalid config is read again, because a read of several pages sees a change in part. */
const MAX_READS = 3;
const REREAD_DELAY_MS = 400;

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

/** The config cannot be read. It may be valid. `cause` is the error of the read. */
export class ConfigUnreadableError extends Error {
  override readonly name = "ConfigUnreadableError";

  constructor(cause: unknown) {
    super("The config cannot be read", { cause });
  }
}

interface ValidConfig {
  readonly config: Config;
  /** The entries as text. They show whether the config has changed. */
  readonly text: string;
}

/**
 * Creates a source that keeps the config. While no valid config has been read yet, all its methods throw
 * `ConfigInvalidError` or `ConfigUnreadableError`, and repeat that error for some seconds without a new read.
 * @param options.readEntries reads all entries. It may repeat requests for this many milliseconds.
 * @param options.onFault gets the error of each read that failed or found faults.
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

  /** Reads until the entries are valid, or invalid twice in the same way. */
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

import { createExpiringCache } from "../domain/expiring-cache.ts";
import type { Instant } from "../domain/job.ts";
import type { AssembledConfig } from "./assemble-config.ts";
import type { Config, ConfigParser } from "./config.ts";

/** The age of the config in milliseconds after which the service reads the config again. */
const MAX_AGE_MS = 5 * 60_000;
/** The maximum age of the config that `refreshed` returns, which limits how often the service reads the config. */
const REFRESH_AGE_MS = 10_000;
/**
 * The delay between a failed read of the config and the next read. The delay is short, because most read errors end
 * soon.
 */
const UNREADABLE_AGE_MS = 30_000;
/** The time for which callers get the same error without a new read of the config if no valid config exists. */
const FAILURE_AGE_MS = 5000;
/**
 * A random part of up to 20 % shortens each maximum age, so that Lambda instances do not read the config at the same
 * time.
 */
const JITTER = 0.2;

/**
 * The time limit for the first read of the config in a new Lambda instance. The first read has a short time limit,
 * because a caller must get an HTTP response within 30 s.
 */
const FIRST_READ_MS = 8000;
/**
 * The time limit for each later read of the config. A later read has a short time limit, because the Lambda instance
 * already has a valid config.
 */
const REFRESH_READ_MS = 1000;

/**
 * The maximum number of reads until the service reports an invalid config. A read may return an invalid config if an
 * operator changes the config between two pages of the read.
 */
const MAX_READS = 3;
const REREAD_DELAY_MS = 400;

export interface ConfigSource<C extends Config = Config> {
  /**
   * Returns a config that the service read at most five minutes ago.
   * Returns the latest valid config if the newest config has errors or if the service cannot read the config.
   * Returns the same object until the config changes.
   */
  current(): Promise<C>;
  /**
   * Returns the config like `current`, but reads the config again if the config does not contain the project or target.
   */
  currentWith(kind: "projects" | "targets", name: string): Promise<C>;
  /** Returns the config like `current`, but from a read at most ten seconds ago. */
  refreshed(): Promise<C>;
  /**
   * Checks that the service can read the config and that the config has no errors.
   * @throws the error of the latest read of the config, even if the service still uses an older valid config.
   */
  check(): Promise<void>;
  /** Returns the config like `current`, but always reads the config again. */
  reload(): Promise<Config>;
}

/** The error whose message lists all errors in a config. */
export class ConfigInvalidError extends Error {
  override readonly name = "ConfigInvalidError";
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`The config has faults: ${faults.join("; ")}`);
    this.faults = faults;
  }
}

/**
 * The error for a config that the service cannot read, although the config itself may be valid. `cause` is the error of
 * the failed read.
 */
export class ConfigUnreadableError extends Error {
  override readonly name = "ConfigUnreadableError";

  constructor(cause: unknown) {
    super("The config cannot be read", { cause });
  }
}

interface ValidConfig<C> {
  readonly config: C;
  /** The text of the whole config, by which the service detects a change of the config. */
  readonly text: string;
}

/**
 * Creates an object that reads and caches the config. Until the object has read a valid config, each method of the
 * object throws `ConfigInvalidError` or `ConfigUnreadableError`. A method throws the same error for some seconds
 * without a new read of the config.
 * @param options.parse parses the config document.
 * @param options.readDocument reads the config that the function needs. `readDocument` may repeat failed requests for
 * at most `timeLimitMs`.
 * @param options.onFault receives the error if a read of the config failed or if the config has errors.
 */
export function createConfigSource<C extends Config>(options: {
  readonly parse: ConfigParser<C>["parse"];
  readonly readDocument: (timeLimitMs: number) => Promise<AssembledConfig>;
  readonly now: () => Instant;
  readonly random: () => number;
  readonly wait: (ms: number) => Promise<void>;
  readonly onFault: (error: ConfigInvalidError | ConfigUnreadableError) => void;
}): ConfigSource<C> {
  const { parse, readDocument, now, random, wait, onFault } = options;
  let valid: ValidConfig<C> | null = null;
  let latestError: ConfigInvalidError | ConfigUnreadableError | null = null;

  const jittered = (ms: number) => ms * (1 - JITTER * random());
  const read = async (until: Instant) => {
    try {
      return await readDocument(Math.max(0, until - now()));
    } catch (error) {
      throw new ConfigUnreadableError(error);
    }
  };

  /**
   * Reads the config until the config is valid. Throws an error if two consecutive reads return the same invalid
   * config, or after `MAX_READS` reads.
   */
  const readConfig = async (): Promise<ValidConfig<C>> => {
    const until = now() + (valid === null ? FIRST_READ_MS : REFRESH_READ_MS);
    let previous: string | null = null;
    for (let reads = 1; ; reads += 1) {
      const assembled = await read(until);
      const text = JSON.stringify(assembled);
      if (valid?.text === text) return valid;
      const parsed = assembled.kind === "faults" ? assembled : parse(assembled.document);
      if (parsed.kind === "config") return { config: parsed.config, text };
      if (text === previous || reads === MAX_READS) throw new ConfigInvalidError(parsed.faults);
      previous = text;
      await wait(jittered(REREAD_DELAY_MS));
    }
  };

  const load = async (): Promise<C> => {
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
    reload: () => cache.get("config", 0),
    async check() {
      await refreshed();
      if (latestError !== null) throw latestError;
    },
  };
}

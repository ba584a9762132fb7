import { createExpiringCache } from "../domain/expiring-cache.ts";
import type { Clock, Instant, Random } from "../domain/job.ts";
import type { AssembledConfig } from "./assemble-config.ts";
import type { Config, ConfigParser } from "./config.ts";

/** The time in milliseconds after which the service reads the config again. */
const MAX_AGE_MS = 5 * 60_000;
/** The function `refreshed` returns a config that is at most `REFRESH_AGE_MS` old. */
export const REFRESH_AGE_MS = 10_000;
/**
 * The time from a failed read of the config to the next read. The time is short, because the cause of most failed reads
 * is temporary.
 */
const UNREADABLE_AGE_MS = 30_000;
/**
 * If the service has no valid config, all calls get the same error for `FAILURE_AGE_MS`. After `FAILURE_AGE_MS`, the
 * service reads an invalid config again.
 */
const FAILURE_AGE_MS = 5000;
/**
 * Each maximum age is randomly up to 20 % shorter, so that the Lambda instances do not all read the config at the same
 * time.
 */
const JITTER = 0.2;

/**
 * The time limit for the first read of the config in a new Lambda instance. The time limit is short, because a caller
 * must get a response within 30 s.
 */
const FIRST_READ_MS = 8000;
/**
 * The time limit for a read of the config if the instance already has a valid config. The time limit is short, because
 * the instance can continue with the valid config.
 */
const REFRESH_READ_MS = 1000;

/**
 * If the config is invalid, the function reads the config up to `MAX_READS` times before it reports the error. An
 * operator may be changing the config during a read, so that the read returns only a part of the change.
 */
const MAX_READS = 3;
const REREAD_DELAY_MS = 400;

export interface ConfigSource<C extends Config = Config> {
  /**
   * Returns a config that is not older than five minutes. If the newest config is invalid or unreadable, the function
   * returns the latest valid config. As long as the config does not change, the function returns the same object.
   */
  current(): Promise<C>;
  /**
   * Returns the config. If the stored config does not contain the project or target, the function first reads the
   * config again.
   */
  currentWith(kind: "projects" | "targets", name: string): Promise<C>;
  /** Returns a config that is not older than ten seconds. */
  refreshed(): Promise<C>;
  /**
   * Checks that the service can read the config and that the config is valid.
   * @throws the error of the latest read, even if the service still uses an older valid config.
   */
  check(): Promise<void>;
  /** Reads the config again, even if the stored config is new, and returns it. */
  reload(): Promise<Config>;
}

/** The message of the error lists all errors of a config. */
export class ConfigInvalidError extends Error {
  override readonly name = "ConfigInvalidError";
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`The config has faults: ${faults.join("; ")}`);
    this.faults = faults;
  }
}

/**
 * The service cannot read the config, although the config may be valid. The field `cause` contains the original error.
 */
export class ConfigUnreadableError extends Error {
  override readonly name = "ConfigUnreadableError";

  constructor(cause: unknown) {
    super("The config cannot be read", { cause });
  }
}

interface ValidConfig<C> {
  readonly config: C;
  /** The whole config as text. The text shows whether the config has changed since the previous read. */
  readonly text: string;
}

interface ConfigSourceOptions<C extends Config> {
  readonly parse: ConfigParser<C>["parse"];
  readonly readDocument: (timeLimitMs: number) => Promise<AssembledConfig>;
  readonly now: Clock;
  readonly random: Random;
  readonly wait: (ms: number) => Promise<void>;
  readonly onFault: (error: ConfigInvalidError | ConfigUnreadableError) => void;
}

/**
 * Creates an object that reads the config and keeps it in memory. Until the first valid config, each method throws
 * `ConfigInvalidError` or `ConfigUnreadableError`. After an error, each call throws the same error for some seconds,
 * without reading the config.
 * @param options.parse parses and checks the config document
 * @param options.readDocument reads the parts of the config that the function needs. If a request fails, `readDocument`
 * may send it again until `timeLimitMs` is over.
 * @param options.onFault is called with the error if a read fails or the config is invalid
 */
export function createCachedConfigSource<C extends Config>(options: ConfigSourceOptions<C>): ConfigSource<C> {
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
   * Reads the config again until the config is valid. The function throws an error if two reads in a row return the
   * same invalid config. If the config is still invalid after `MAX_READS` reads, the function also throws an error.
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

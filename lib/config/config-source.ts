import { createExpiringCache } from "../domain/expiring-cache.ts";
import type { Instant } from "../domain/job.ts";
import type { AssembledConfig } from "./assemble-config.ts";
import type { Config, ConfigParser } from "./config.ts";

/** The config is read again after this age in milliseconds. */
const MAX_AGE_MS = 5 * 60_000;
/** The maximum age of a config that `refreshed` returns. */
const REFRESH_AGE_MS = 10_000;
/**
 * The delay after a failed read of the config before the next read. The delay is short, because most read errors end
 * soon.
 */
const UNREADABLE_AGE_MS = 30_000;
/** Without a valid config, callers get the same error for `FAILURE_AGE_MS` before a new read. */
const FAILURE_AGE_MS = 5000;
/** Each maximum age is randomly up to 20 % shorter, so that Lambda instances do not all read at the same time. */
const JITTER = 0.2;

/**
 * The time limit of the first read in a new Lambda instance. The limit is short, because a caller must get a response
 * within 30 s.
 */
const FIRST_READ_MS = 8000;
/**
 * The time limit for a read of the config if the instance already has a valid config. The limit is short, because the
 * service can continue with this valid config.
 */
const REFRESH_READ_MS = 1000;

/**
 * The maximum number of reads of an invalid config before the error is reported. If the config is written during a
 * read, the read may return only a part of the change.
 */
const MAX_READS = 3;
const REREAD_DELAY_MS = 400;

export interface ConfigSource<C extends Config = Config> {
  /**
   * Returns a config that is at most five minutes old. If the newest config has errors or cannot be read, the latest
   * valid config counts. The object stays the same until the config changes.
   */
  current(): Promise<C>;
  /** Returns the config like `current`, but reads it again if the project or target is missing. */
  currentWith(kind: "projects" | "targets", name: string): Promise<C>;
  /** Returns the config like `current`, but at most ten seconds old. */
  refreshed(): Promise<C>;
  /**
   * Checks that the config can be read and has no errors.
   * @throws the error of the latest read, even if an older valid config is in use.
   */
  check(): Promise<void>;
  /** Returns the config like `current`, but always reads it again. */
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

/** The config cannot be read, although it may be valid. The field `cause` contains the error of the read. */
export class ConfigUnreadableError extends Error {
  override readonly name = "ConfigUnreadableError";

  constructor(cause: unknown) {
    super("The config cannot be read", { cause });
  }
}

interface ValidConfig<C> {
  readonly config: C;
  /** The text of the whole config. If the text differs from the previous text, the config has changed. */
  readonly text: string;
}

/**
 * Creates an object that reads and caches the config. Before the first valid config, each method throws
 * `ConfigInvalidError` or `ConfigUnreadableError`. For some seconds, the same error is thrown without a new read.
 * @param options.parse parses the config document
 * @param options.readDocument reads the needed parts of the config. `readDocument` may repeat failed requests for at
 * most `timeLimitMs`.
 * @param options.onFault receives the error of a failed read or of an invalid config
 */
export function createCachedConfigSource<C extends Config>(options: {
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
   * Reads the config until it is valid. The function throws an error in two cases: two reads in a row return the same
   * invalid config, or `MAX_READS` reads return no valid config.
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

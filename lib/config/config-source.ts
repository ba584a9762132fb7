import type { Instant } from "../domain/job.ts";
import type { ConfigEntry } from "./assemble-config.ts";
import { assembleConfig } from "./assemble-config.ts";
import { type Config, parseConfig } from "./config.ts";

const MINUTE_MS = 60_000;
/** How long a config is used before it is read again. */
const FRESH_MS = 5 * MINUTE_MS;
/** Who has a reason to doubt the config has it read again at once, but not more often than this. */
const REREAD_MS = 10_000;

export interface ConfigSource {
  /**
   * The config, at most five minutes old; an older good one while the newest has faults or cannot be read.
   * The same object until something in it changes: what is made of it (clients, tokens) can be kept by it.
   */
  current(): Promise<Config>;
  /** The config; read again at once, unless that has just been done, when it does not know this name. */
  knowing(kind: "projects" | "targets", name: string): Promise<Config>;
  /** The config as it is now: read again, unless that has just been done. */
  fresh(): Promise<Config>;
  /** Throws what the latest reading met, even while an older good config serves on; read anew as for an unknown name. */
  check(): Promise<void>;
}

export class ConfigInvalidError extends Error {
  override name = "ConfigInvalidError";
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`the config has faults: ${faults.join("; ")}`);
    this.faults = faults;
  }
}

/**
 * Keeps one config per instance of a function.
 * @param options.readEntries reads all entries; may throw.
 * @param options.onFault is told when a config that was just read cannot be used (it is the alarm's source).
 * Throws `ConfigInvalidError`, or what `readEntries` threw, only while there has never been a good config.
 */
export function createConfigSource(options: {
  readEntries: () => Promise<readonly ConfigEntry[]>;
  now: () => Instant;
  onFault: (error: unknown) => void;
}): ConfigSource {
  const { readEntries, now, onFault } = options;
  let good: Config | null = null;
  let fault: unknown = null;
  let goodText = "";
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<Config> | null = null;

  async function read(): Promise<Config> {
    try {
      const entries = await readEntries();
      fault = null;
      const text = JSON.stringify(entries);
      if (good !== null && text === goodText) {
        readAt = now();
        return good;
      }
      const assembled = assembleConfig(entries);
      if (assembled.kind === "faults") throw new ConfigInvalidError(assembled.faults);
      const parsed = parseConfig(assembled.document);
      if (parsed.kind === "faults") throw new ConfigInvalidError(parsed.faults);
      good = parsed.config;
      goodText = text;
    } catch (error) {
      fault = error;
      onFault(error);
      if (good === null) throw error;
    } finally {
      reading = null;
    }
    readAt = now();
    return good;
  }

  async function notOlderThan(ageMs: number): Promise<Config> {
    if (good !== null && now() - readAt < ageMs) return good;
    reading ??= read();
    return reading;
  }

  return {
    current: () => notOlderThan(FRESH_MS),
    async knowing(kind, name) {
      const config = await notOlderThan(FRESH_MS);
      return Object.hasOwn(config[kind], name) ? config : notOlderThan(REREAD_MS);
    },
    fresh: () => notOlderThan(REREAD_MS),
    async check() {
      await notOlderThan(REREAD_MS);
      if (fault !== null) throw fault;
    },
  };
}

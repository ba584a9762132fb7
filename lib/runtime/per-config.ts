import type { Config } from "../config/config.ts";

/** Makes something of a config once, and again only when the config has changed. */
export function perConfig<T>(make: (config: Config) => T): (config: Config) => T {
  let madeOf: Config | null = null;
  let made: T | null = null;
  return (config) => {
    if (made === null || madeOf !== config) {
      made = make(config);
      madeOf = config;
    }
    return made;
  };
}

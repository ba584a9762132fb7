import type { Config } from "../config/config.ts";

/** Where callers and readers reach this API: the operator's word, or else the API's own address. No slash at its end. */
export function publicUrlOf({ settings }: Config, defaultUrl: string): string {
  return settings.publicUrl ?? defaultUrl.replace(/\/+$/, "");
}

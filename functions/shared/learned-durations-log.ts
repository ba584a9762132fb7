import { log } from "../../lib/runtime/log.ts";

/** What was learned could not be read; polls go by the prior until it can. */
export function tellUnlearned(error: unknown): void {
  log.error("durations unread", {}, error);
}

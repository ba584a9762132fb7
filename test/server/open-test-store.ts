import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Store } from "../../server/store/store.ts";

/** Creates an empty data directory for one test. */
export function createDataDirectory(): string {
  return mkdtempSync(join(tmpdir(), "notifier-data-"));
}

/** Opens a store with an empty data directory. */
export function openTestStore(): Store {
  return Store.open(createDataDirectory(), { exclusive: true });
}

import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Creates one temporary folder for the whole run of Jest. All tests and the processes that tests start get this folder
 * from `tmpdir()`, so that the end of the run can remove what a failed or interrupted test left behind.
 */
export default function createTemporaryFolder(): void {
  process.env.TMPDIR = mkdtempSync(join(tmpdir(), "notifier-tests-"));
}

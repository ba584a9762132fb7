import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The start of the name of each folder that `createTemporaryFolder` makes. */
export const TEST_FOLDER_PREFIX = "notifier-tests-";

/**
 * Creates one temporary folder for the whole run of Jest. All tests and the processes that tests start get this folder
 * from `tmpdir()`, so that the end of the run can remove what a failed or interrupted test left behind. The folder also
 * contains the compile cache of the processes that tests start.
 */
export default function createTemporaryFolder(): void {
  process.env.TMPDIR = mkdtempSync(join(tmpdir(), TEST_FOLDER_PREFIX));
  process.env.NODE_COMPILE_CACHE = join(process.env.TMPDIR, "compile-cache");
}

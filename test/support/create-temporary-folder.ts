import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The start of the name of each folder that `createTemporaryFolder` makes. */
export const TEST_FOLDER_PREFIX = "notifier-tests-";

/**
 * Creates one temporary folder for the whole run of Jest. In all tests and in the processes that they start, `tmpdir()`
 * returns this folder. The folder is removed after the run, even if a test has failed. The folder also contains the
 * compile cache of these processes.
 */
export default function createTemporaryFolder(): void {
  process.env.TMPDIR = mkdtempSync(join(tmpdir(), TEST_FOLDER_PREFIX));
  process.env.NODE_COMPILE_CACHE = join(process.env.TMPDIR, "compile-cache");
}

import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename } from "node:path";
import { TEST_FOLDER_PREFIX } from "./create-temporary-folder.ts";

/** Removes the temporary folder of the run, which `createTemporaryFolder` has created. */
export default function removeTemporaryFolder(): void {
  const folder = tmpdir();
  // This check protects the temporary folder of the machine: `tmpdir()` returns that folder if the folder of the run
  // was never created.
  if (!basename(folder).startsWith(TEST_FOLDER_PREFIX))
    throw new Error(
      `${folder} is not the folder of a test run, so it stays. Set TMPDIR in the global setup.`,
    );
  rmSync(folder, { recursive: true, maxRetries: 5 });
}

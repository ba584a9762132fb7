import { rmSync } from "node:fs";
import { tmpdir } from "node:os";

/** Removes the temporary folder of the run, which `createTemporaryFolder` has created. */
export default function removeTemporaryFolder(): void {
  rmSync(tmpdir(), { recursive: true, maxRetries: 5 });
}

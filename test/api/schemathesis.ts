import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ApiUnderTest } from "./samples.ts";
import { BUILD, pythonTool, run } from "./tools.ts";

const CONFIG = fileURLToPath(new URL("./schemathesis.toml", import.meta.url));
/**
 * The number of generated requests for each operation. With a time limit, the requests would depend on the speed of the
 * machine.
 */
const MAX_EXAMPLES = 60;
/** DELETE stops a watch. A stopped watch can be read until the end of its retention time, so its status is not 404. */
const EXCLUDED_CHECK = "use_after_free";

/** Lets Schemathesis call the running service with generated requests. All other checks of Schemathesis are on. */
export async function runSchemathesis({ url, token }: ApiUnderTest): Promise<void> {
  const folder = fileURLToPath(new URL(".", import.meta.url));
  await run(
    pythonTool("schemathesis"),
    [
      ...["--config-file", CONFIG, "run", join(BUILD, "openapi.json"), "--url", url],
      ...["--max-examples", String(MAX_EXAMPLES), "--seed", "1", "--continue-on-failure"],
      ...["--checks", "all", "--exclude-checks", EXCLUDED_CHECK],
    ],
    { cwd: BUILD, env: { API_TOKEN: token, PYTHONPATH: folder } },
  );
}

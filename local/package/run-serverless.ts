import { spawn } from "node:child_process";
import { createRequire } from "node:module";

export class PackagingFailedError extends Error {
  override name = "PackagingFailedError";
}

/** How the framework begins its last words; after a failed build it says them and then never ends. */
const LAST_WORDS = /^Environment: /m;
const LAST_WORDS_MS = 500;

/**
 * Runs `serverless package` in a folder, until `stopping` aborts. Throws `PackagingFailedError` with the framework's
 * own words.
 */
export async function runServerless(folder: string, stopping?: AbortSignal): Promise<void> {
  const cli = createRequire(import.meta.url).resolve("serverless/bin/serverless.js");
  // Whom somebody deploys for elsewhere says nothing about a package for this machine, which equal sources share.
  const { AWS_REGION: _, AWS_DEFAULT_REGION: __, ...env } = process.env;
  const child = spawn(process.execPath, [cli, "package"], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    ...(stopping && { signal: stopping, killSignal: "SIGKILL" }),
  });
  let words = "";
  let timer: NodeJS.Timeout | undefined;
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      words += chunk;
      if (LAST_WORDS.test(words)) timer ??= setTimeout(() => child.kill("SIGKILL"), LAST_WORDS_MS);
    });
  const code = await new Promise((resolve, reject) => child.once("error", reject).once("exit", resolve));
  clearTimeout(timer);
  if (code !== 0) throw new PackagingFailedError(`serverless package failed:\n${words.trim()}`);
}

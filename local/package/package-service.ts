import { spawn } from "node:child_process";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { hashSources, readSources, writeSources } from "./sources.ts";

const TEMPLATE = "cloudformation-template-update-stack.json";
const MAX_PACKAGE_AGE_MS = 24 * 60 * 60 * 1000;
/**
 * The last line that the Serverless Framework prints after a failed build. After this line, its process does not end by
 * itself and must be stopped.
 */
const END_OF_ERROR_REPORT = /^Environment: /m;
const EXIT_TIME_LIMIT_MS = 500;

class PackagingFailedError extends Error {
  override name = "PackagingFailedError";
}

/**
 * Packages a service with the Serverless Framework. Returns the folder with the compiled CloudFormation template and
 * one zip file per function. If the source files of a service have not changed, the service is not packaged again.
 * @param options.stopping the abort signal that stops the Serverless Framework.
 * @throws PackagingFailedError with the framework's output.
 */
export async function packageServiceIfChanged(options: {
  serviceDir: string;
  buildDir: string;
  stopping?: AbortSignal;
}): Promise<string> {
  const { serviceDir, buildDir, stopping } = options;
  const sources = await readSources(serviceDir);
  const packageDir = join(buildDir, hashSources(sources));
  if (await isPackage(packageDir)) return packageDir;
  await removeOldPackages(buildDir);
  // The Serverless Framework creates files in the folder that it packages. Each process packages a copy of the folder,
  // so that two processes can package the service at the same time.
  const workDir = `${packageDir}.work-${process.pid}`;
  try {
    await writeSources(sources, workDir);
    await runServerless(workDir, stopping);
    await rename(join(workDir, ".serverless"), packageDir).catch(async (error: unknown) => {
      // `rename` fails if another process has just packaged the same sources. Then this process uses the package of the
      // other process.
      if (!(await isPackage(packageDir))) throw error;
    });
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
  return packageDir;
}

async function isPackage(folder: string): Promise<boolean> {
  const found = await stat(join(folder, TEMPLATE)).catch(() => null);
  return found?.isFile() ?? false;
}

async function removeOldPackages(buildDir: string): Promise<void> {
  await mkdir(buildDir, { recursive: true });
  for (const name of await readdir(buildDir)) {
    const found = await stat(join(buildDir, name)).catch(() => null);
    if (found && Date.now() - found.mtimeMs > MAX_PACKAGE_AGE_MS)
      await rm(join(buildDir, name), { recursive: true, force: true });
  }
}

async function runServerless(folder: string, stopping?: AbortSignal): Promise<void> {
  const cli = createRequire(import.meta.url).resolve("serverless/bin/serverless.js");
  // The environment variables with an AWS region are removed, because the packaged service must not depend on the
  // region.
  const { AWS_REGION: _, AWS_DEFAULT_REGION: __, ...env } = process.env;
  const child = spawn(process.execPath, [cli, "package"], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    ...(stopping && { signal: stopping, killSignal: "SIGKILL" }),
  });
  let output = "";
  let timer: NodeJS.Timeout | undefined;
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
      if (END_OF_ERROR_REPORT.test(output))
        timer ??= setTimeout(() => child.kill("SIGKILL"), EXIT_TIME_LIMIT_MS);
    });
  const status = await new Promise((resolve, reject) => child.once("error", reject).once("exit", resolve));
  clearTimeout(timer);
  if (status !== 0) throw new PackagingFailedError(`serverless package failed:\n${output.trim()}`);
}

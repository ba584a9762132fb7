import { mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { runServerless } from "./run-serverless.ts";
import { hashSources, readSources, type Source } from "./sources.ts";

const TEMPLATE = "cloudformation-template-update-stack.json";
const KEPT_MS = 24 * 60 * 60 * 1000;

/**
 * Packages a service with the Serverless Framework and answers the folder that holds the compiled template and a
 * zip per function. Equal sources are packaged once. Works in a copy of the sources, because the framework and its
 * esbuild plugin write into the service's own folder, where two packagings at once would meet.
 * Throws `PackagingFailedError` with the framework's own words.
 */
export async function packageService(options: {
  serviceDir: string;
  buildDir: string;
  /** Ends the framework when it aborts. */
  stopping?: AbortSignal;
}): Promise<string> {
  const { serviceDir, buildDir, stopping } = options;
  const sources = await readSources(serviceDir);
  const packageDir = join(buildDir, hashSources(sources));
  if (await isPackage(packageDir)) return packageDir;
  await removeOld(buildDir);
  const workDir = `${packageDir}.work-${process.pid}`;
  try {
    await copySources(sources, workDir);
    await runServerless(workDir, stopping);
    await takeOver(join(workDir, ".serverless"), packageDir);
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
  return packageDir;
}

async function isPackage(folder: string): Promise<boolean> {
  return stat(join(folder, TEMPLATE)).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** Another stack may have packaged the same sources meanwhile: then its package is as good as ours. */
async function takeOver(made: string, packageDir: string): Promise<void> {
  await rename(made, packageDir).catch(async (error: unknown) => {
    if (!(await isPackage(packageDir))) throw error;
  });
}

async function copySources(sources: readonly Source[], workDir: string): Promise<void> {
  for (const { path, content } of sources) {
    await mkdir(dirname(join(workDir, path)), { recursive: true });
    await writeFile(join(workDir, path), content);
  }
}

async function removeOld(buildDir: string): Promise<void> {
  await mkdir(buildDir, { recursive: true });
  for (const name of await readdir(buildDir)) {
    const found = await stat(join(buildDir, name)).catch(() => null);
    if (found && Date.now() - found.mtimeMs > KEPT_MS)
      await rm(join(buildDir, name), { recursive: true, force: true });
  }
}

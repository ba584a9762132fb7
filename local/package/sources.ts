import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/**
 * The folders whose files have no effect on the package of the local stack. For example, the folder `stages` contains
 * only settings of deployed stages.
 */
const IGNORED_FOLDERS: ReadonlySet<string> = new Set([
  "build",
  "bench",
  "client",
  "coverage",
  "dist",
  "docs",
  "examples",
  "local",
  "modules",
  "node_modules",
  "stages",
  "templates",
  "test",
]);

export interface Source {
  /** The path of the source file, relative to the folder of the service. */
  readonly path: string;
  readonly content: Buffer;
}

/** Returns every source file that is needed to package a service, sorted by path. Hidden files are ignored. */
export async function readSources(serviceDir: string): Promise<readonly Source[]> {
  const sources: Source[] = [];
  const walk = async (folder: string) => {
    for (const entry of await readdir(join(serviceDir, folder), { withFileTypes: true })) {
      if (entry.name.startsWith(".") || (folder === "" && IGNORED_FOLDERS.has(entry.name))) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) await walk(path);
      else if (entry.isFile()) sources.push({ path, content: await readFile(join(serviceDir, path)) });
    }
  };
  await walk("");
  return sources.sort((a, b) => (a.path < b.path ? -1 : 1));
}

export async function writeSources(sources: readonly Source[], folder: string): Promise<void> {
  for (const { path, content } of sources) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}

/** Returns a short hash of the paths and contents of all source files. */
export function hashSources(sources: readonly Source[]): string {
  const hash = createHash("sha256");
  for (const { path, content } of sources) hash.update(`${path}\0${content.length}\0`).update(content);
  return hash.digest("hex").slice(0, 16);
}

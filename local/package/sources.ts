import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * What is not part of a service's package on this machine: made things, code that only surrounds the product, and what
 * an operator says of deployed stages.
 */
const LEFT_OUT: ReadonlySet<string> = new Set([
  "build",
  "bench",
  "client",
  "coverage",
  "docs",
  "examples",
  "local",
  "node_modules",
  "stages",
  "test",
]);

export interface Source {
  /** Relative to the service's directory. */
  readonly path: string;
  readonly content: Buffer;
}

/** Every file that packaging a service may read, in a fixed order; hidden files and other people's code left out. */
export async function readSources(serviceDir: string): Promise<readonly Source[]> {
  const sources: Source[] = [];
  const walk = async (folder: string) => {
    for (const entry of await readdir(join(serviceDir, folder), { withFileTypes: true })) {
      if (entry.name.startsWith(".") || (folder === "" && LEFT_OUT.has(entry.name))) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) await walk(path);
      else if (entry.isFile()) sources.push({ path, content: await readFile(join(serviceDir, path)) });
    }
  };
  await walk("");
  return sources.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** A name for exactly these sources: equal sources give equal packages. */
export function hashSources(sources: readonly Source[]): string {
  const hash = createHash("sha256");
  for (const { path, content } of sources) hash.update(`${path}\0${content.length}\0`).update(content);
  return hash.digest("hex").slice(0, 16);
}

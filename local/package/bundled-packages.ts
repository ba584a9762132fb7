import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build, type Plugin } from "esbuild";
import * as z from "zod";

const Manifest = z.looseObject({
  name: z.string(),
  version: z.string(),
  license: z.string().default("none"),
});
const Lock = z.object({
  packages: z.record(z.string(), z.object({ integrity: z.string().optional() })),
});

/** A package of somebody else's of which something is in a function's code. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** An SPDX expression, as the package states it. */
  readonly license: string;
  /** The lockfile's, `sha512-…`; null where it has none. */
  readonly integrity: string | null;
  readonly functions: readonly string[];
}

/** The packages in the functions' code, by esbuild's own account of what it bundled, sorted by name and version. */
export async function bundledPackages(root: string): Promise<readonly BundledPackage[]> {
  const names = (await readdir(join(root, "functions"))).filter((name) => name !== "shared");
  const plugins: { default: Plugin[] } = await import(pathToFileURL(join(root, "esbuild.plugins.mjs")).href);
  const { metafile } = await build({
    entryPoints: names.map((name) => join(root, `functions/${name}/handler.ts`)),
    absWorkingDir: root,
    outdir: "unwritten",
    write: false,
    metafile: true,
    logLevel: "error",
    bundle: true,
    minify: true,
    platform: "node",
    target: "node24",
    format: "esm",
    mainFields: ["module", "main"],
    plugins: plugins.default,
  });
  const users = new Map<string, Set<string>>();
  for (const { entryPoint = "", inputs } of Object.values(metafile.outputs))
    for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
      const folder = packageFolder(input);
      if (folder === null || bytesInOutput === 0) continue;
      const name = entryPoint.replace(/^functions\/|\/handler\.ts$/g, "");
      users.set(folder, (users.get(folder) ?? new Set()).add(name));
    }
  const lock = Lock.parse(JSON.parse(await readFile(join(root, "package-lock.json"), "utf8")));
  const found = await Promise.all(
    [...users].map(async ([folder, functions]) => {
      const manifest = JSON.parse(await readFile(join(root, folder, "package.json"), "utf8"));
      const { name, version, license } = Manifest.parse(manifest);
      const integrity = lock.packages[folder.replace(/^.*?(?=node_modules\/)/, "")]?.integrity ?? null;
      return { name, version, license, integrity, functions: [...functions].sort() };
    }),
  );
  return found.sort((a, b) => (`${a.name}@${a.version}` < `${b.name}@${b.version}` ? -1 : 1));
}

/** `node_modules/@scope/name` of a bundled file, however deep; null for our own. */
function packageFolder(input: string): string | null {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? null;
}

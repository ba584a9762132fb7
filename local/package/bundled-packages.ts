import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import * as z from "zod";
import plugins from "../../esbuild-plugins.ts";

const Manifest = z.looseObject({
  name: z.string(),
  version: z.string(),
  license: z.string().default("none"),
});
const Lock = z.object({
  packages: z.record(z.string(), z.object({ integrity: z.string().optional() })),
});

/** An npm package whose code is in the bundle of at least one Lambda function. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** The licence in the package.json of the npm package, as an SPDX expression. */
  readonly license: string;
  /**
   * The hash of the npm package in package-lock.json, such as `sha512-…`. Null means that package-lock.json has no hash
   * for this package.
   */
  readonly integrity: string | null;
  readonly functions: readonly string[];
}

/**
 * Returns the npm packages in the bundles of the Lambda functions, sorted by name and version. The files in each bundle
 * are listed in the metafile that esbuild writes.
 */
export async function listBundledPackages(root: string): Promise<readonly BundledPackage[]> {
  const functions = (await readdir(join(root, "functions"))).filter((name) => name !== "shared");
  const { metafile } = await build({
    entryPoints: functions.map((name) => join(root, `functions/${name}/handler.ts`)),
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
    plugins,
  });
  const functionsByFolder = new Map<string, Set<string>>();
  for (const { entryPoint = "", inputs } of Object.values(metafile.outputs))
    for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
      const folder = packageFolder(input);
      if (folder === null || bytesInOutput === 0) continue;
      const name = entryPoint.replace(/^functions\/|\/handler\.ts$/g, "");
      functionsByFolder.set(folder, (functionsByFolder.get(folder) ?? new Set()).add(name));
    }
  const lock = Lock.parse(JSON.parse(await readFile(join(root, "package-lock.json"), "utf8")));
  const packages = await Promise.all(
    [...functionsByFolder].map(async ([folder, users]) => {
      const manifest = JSON.parse(await readFile(join(root, folder, "package.json"), "utf8"));
      const { name, version, license } = Manifest.parse(manifest);
      const integrity = lock.packages[folder.replace(/^.*?(?=node_modules\/)/, "")]?.integrity ?? null;
      return { name, version, license, integrity, functions: [...users].sort() };
    }),
  );
  return packages.sort((a, b) => (`${a.name}@${a.version}` < `${b.name}@${b.version}` ? -1 : 1));
}

/**
 * Returns the folder of the npm package to which a bundled file belongs, such as `node_modules/@scope/name`. Returns
 * null if the file belongs to this repository.
 */
function packageFolder(input: string): string | null {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? null;
}

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { build, type Plugin } from "esbuild";
import * as z from "zod";
import { OPERATOR_COMMANDS } from "../../client/command-table.ts";
import plugins from "../../esbuild-plugins.ts";

const Manifest = z.looseObject({
  name: z.string(),
  version: z.string(),
  license: z.string().default("none"),
});
const Lock = z.object({
  packages: z.record(z.string(), z.object({ integrity: z.string().optional() })),
});

/** A map from the name of each bundle (one file with its npm packages) to the entry file of the bundle. */
export interface Bundles {
  readonly entryFiles: Readonly<Record<string, string>>;
  readonly plugins: Plugin[];
}

/** Returns the bundles of the Lambda functions. */
export async function readFunctionBundles(root: string): Promise<Bundles> {
  const names = (await readdir(join(root, "functions"))).filter((name) => name !== "shared");
  return {
    entryFiles: Object.fromEntries(names.map((name) => [name, `functions/${name}/handler.ts`])),
    plugins,
  };
}

/** The bundles of the package of the command: the command, the one-node edition, the action and operators' commands. */
export const COMMAND_BUNDLES: Bundles = {
  entryFiles: {
    command: "client/cce-notifier.ts",
    action: "client/github-action.ts",
    "one-node": "server/main.ts",
    ...Object.fromEntries(Object.keys(OPERATOR_COMMANDS).map((name) => [name, `local/ops/${name}.ts`])),
  },
  plugins: [],
};

/** An npm package whose code is in at least one bundle. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** The licence in the package.json of the npm package, as an SPDX expression. */
  readonly license: string;
  /**
   * The hash of the npm package in package-lock.json, such as `sha512-…`. `integrity` is null if package-lock.json
   * contains no hash of the package.
   */
  readonly integrity: string | null;
  /** The bundles that contain code of the npm package. */
  readonly bundles: readonly string[];
  /** The folder of the npm package, relative to the root of the repository. */
  readonly folder: string;
}

/**
 * Returns the npm packages in bundles, sorted by name and version. The files in each bundle are listed in the metafile
 * that esbuild writes.
 */
export async function listBundledPackages(
  root: string,
  { entryFiles, plugins }: Bundles,
): Promise<readonly BundledPackage[]> {
  const { metafile } = await build({
    entryPoints: Object.values(entryFiles).map((file) => join(root, file)),
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
  const names = new Map(Object.entries(entryFiles).map(([name, file]) => [file, name]));
  const bundlesByFolder = new Map<string, Set<string>>();
  for (const { entryPoint = "", inputs } of Object.values(metafile.outputs))
    for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
      const folder = packageFolder(input);
      if (folder === null || bytesInOutput === 0) continue;
      const name = names.get(entryPoint) ?? entryPoint;
      bundlesByFolder.set(folder, (bundlesByFolder.get(folder) ?? new Set()).add(name));
    }
  const lock = Lock.parse(JSON.parse(await readFile(join(root, "package-lock.json"), "utf8")));
  const packages = await Promise.all(
    [...bundlesByFolder].map(async ([folder, users]) => {
      const manifest = JSON.parse(await readFile(join(root, folder, "package.json"), "utf8"));
      const { name, version, license } = Manifest.parse(manifest);
      const integrity = lock.packages[folder.replace(/^.*?(?=node_modules\/)/, "")]?.integrity ?? null;
      return { name, version, license, integrity, bundles: [...users].sort(), folder };
    }),
  );
  return packages.sort((a, b) => (`${a.name}@${a.version}` < `${b.name}@${b.version}` ? -1 : 1));
}

/**
 * Returns the folder of the npm package that contains a bundled file, or null if the file belongs to this repository.
 */
function packageFolder(input: string): string | null {
  return /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0] ?? null;
}

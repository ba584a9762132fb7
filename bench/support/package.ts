import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import * as z from "zod";
import plugins from "../../esbuild-plugins.ts";
import { packageServiceIfChanged } from "../../local/package/package-service.ts";
import { unzip } from "../../local/package/unzip.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const State = z.looseObject({
  service: z.looseObject({ custom: z.looseObject({ esbuild: z.record(z.string(), z.unknown()) }) }),
});

interface PackagedFunction {
  readonly name: string;
  /** The path of the function's bundle (handler.mjs). */
  readonly file: string;
  readonly bytes: number;
  readonly zipBytes: number;
}

export interface Packaged {
  readonly rootDir: string;
  /** The folder with the compiled CloudFormation template and the zip files of the functions. */
  readonly packageDir: string;
  /**
   * A temporary folder outside of the repository. A bundle in the temporary folder cannot import from node_modules. The
   * function `remove` deletes the temporary folder of the bench.
   */
  readonly workDir: string;
  readonly functions: readonly PackagedFunction[];
  /** The esbuild settings from serverless.yml. */
  readonly esbuild: Readonly<Record<string, unknown>>;
  remove(): Promise<void>;
}

/** Packages the service and unpacks all functions of the service. */
export async function packageAndUnpackService(): Promise<Packaged> {
  const packageDir = await packageServiceIfChanged({
    serviceDir: ROOT,
    buildDir: join(ROOT, "build", "packages"),
  });
  const state = State.parse(JSON.parse(await readFile(join(packageDir, "serverless-state.json"), "utf8")));
  const workDir = await mkdtemp(join(tmpdir(), "bench-"));
  const zips = (await readdir(packageDir)).filter((file) => file.endsWith(".zip")).sort();
  const functions = await Promise.all(
    zips.map(async (zip): Promise<PackagedFunction> => {
      const name = zip.slice(0, -".zip".length);
      await unzip(join(packageDir, zip), join(workDir, name));
      const file = join(workDir, name, "functions", name, "handler.mjs");
      const [bundle, packed] = await Promise.all([stat(file), stat(join(packageDir, zip))]);
      return { name, file, bytes: bundle.size, zipBytes: packed.size };
    }),
  );
  return {
    rootDir: ROOT,
    packageDir,
    workDir,
    functions,
    esbuild: state.service.custom.esbuild,
    remove: () => rm(workDir, { recursive: true, force: true }),
  };
}

export function findPackagedFunction({ functions }: Packaged, name: string): PackagedFunction {
  const found = functions.find((one) => one.name === name);
  if (found === undefined) throw new Error(`the package has no function ${name}`);
  return found;
}

/**
 * The esbuild settings that the baseline bundles share with the service. The service also uses the setting `supported`,
 * which changes the code of the AWS SDK. Therefore the baseline bundles do not use this setting.
 */
const EsbuildSettings = z.looseObject({
  minify: z.boolean().default(false),
  keepNames: z.boolean().default(false),
  target: z.string(),
  mainFields: z.array(z.string()),
  banner: z.record(z.string(), z.string()).default({}),
});

/**
 * Bundles code with the esbuild settings of the service. Returns the path of the bundle. If `isComplete` is true, the
 * bundle also contains the unused code that the service's esbuild plugins remove.
 */
export async function bundleWithServiceSettings(
  { rootDir, workDir, esbuild }: Packaged,
  source: { readonly name: string; readonly code: string; readonly isComplete?: boolean },
): Promise<string> {
  const { minify, keepNames, target, mainFields, banner } = EsbuildSettings.parse(esbuild);
  const outfile = join(workDir, `${source.name}.mjs`);
  await build({
    stdin: { contents: source.code, resolveDir: rootDir, sourcefile: `${source.name}.ts`, loader: "ts" },
    absWorkingDir: rootDir,
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    plugins: source.isComplete === true ? [] : plugins,
    minify,
    keepNames,
    target,
    mainFields,
    banner,
    logLevel: "error",
  });
  return outfile;
}

import { join } from "node:path";
import { build } from "esbuild";
import * as z from "zod";
import plugins from "../../esbuild-plugins.ts";
import type { Packaged } from "./package.ts";

/** What of esbuild's settings makes a bundle faster or slower to load. */
const Settings = z.looseObject({
  minify: z.boolean().default(false),
  keepNames: z.boolean().default(false),
  target: z.string(),
  mainFields: z.array(z.string()),
  banner: z.record(z.string(), z.string()).default({}),
});

/**
 * Bundles something with the very settings the service is packaged with, so that a comparison compares code.
 * `asItComes` leaves nothing out of the dependencies. Answers the bundle's path.
 */
export async function bundleLikeService(
  { rootDir, workDir, esbuild }: Packaged,
  source: { readonly name: string; readonly code: string; readonly asItComes?: boolean },
): Promise<string> {
  const { minify, keepNames, target, mainFields, banner } = Settings.parse(esbuild);
  const outfile = join(workDir, `${source.name}.mjs`);
  await build({
    stdin: { contents: source.code, resolveDir: rootDir, sourcefile: `${source.name}.ts`, loader: "ts" },
    absWorkingDir: rootDir,
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    plugins: source.asItComes === true ? [] : plugins,
    minify,
    keepNames,
    target,
    mainFields,
    banner,
    logLevel: "error",
  });
  return outfile;
}

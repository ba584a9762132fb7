import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type BuildOptions, build, type Plugin } from "esbuild";
import { inheritedEnvironment } from "../support/run-command.ts";

/**
 * Bundles code with the given plugins and the settings of the packages. Runs the bundle and returns the JSON that the
 * bundle prints.
 */
export async function runBundled(
  code: string,
  plugins: Plugin[],
  env: Readonly<Record<string, string | undefined>> = inheritedEnvironment(),
  options: Pick<BuildOptions, "minify"> = {},
): Promise<unknown> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: process.cwd(), loader: "js" },
    bundle: true,
    write: false,
    platform: "node",
    format: "esm",
    mainFields: ["module", "main"],
    plugins,
    logLevel: "error",
    ...options,
  });
  const running = promisify(execFile)(process.execPath, ["--input-type=module"], { env });
  running.child.stdin?.end(outputFiles[0]?.text);
  return JSON.parse((await running).stdout);
}

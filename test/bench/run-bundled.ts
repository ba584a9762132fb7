import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { build, type Plugin } from "esbuild";

/** Bundles code with the given plugins as the packages are bundled. Runs it and returns the JSON that it prints. */
export async function runBundled(
  code: string,
  plugins: Plugin[],
  env: Readonly<Record<string, string | undefined>> = process.env,
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
  });
  const running = promisify(execFile)(process.execPath, ["--input-type=module"], { env });
  running.child.stdin?.end(outputFiles[0]?.text);
  return JSON.parse((await running).stdout);
}

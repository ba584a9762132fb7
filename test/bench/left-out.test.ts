import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import leaveOut, { LEFT_OUT } from "../../esbuild.plugins.mjs";

test("every file that the packages leave out is still there under its name", () => {
  const missing = LEFT_OUT.filter(({ file }) => !existsSync(resolve("node_modules", file)));
  expect(missing).toEqual([]);
});

/** As this product imports node:http, and as the SDK does. */
const IMPORTS = `
  import { request } from "node:http";
  import { Agent } from "node:https";
  const later = await import("node:http");
  const whole = [request, Agent, later.request, (later.default ?? later).Agent].every((one) => typeof one === "function");
  const loaded = process.moduleLoadList.some((name) => name.includes("undici"));
  process.stdout.write(\`\${whole} \${loaded}\`);`;

test.each([
  ["comes", [], "true true"],
  ["is packaged", leaveOut, "true false"],
])("node:http loads Node's own undici (whole, loaded) as it %s", async (_, plugins, expected) => {
  const { outputFiles } = await build({
    stdin: { contents: IMPORTS, loader: "js" },
    bundle: true,
    write: false,
    platform: "node",
    format: "esm",
    plugins,
  });
  const code = outputFiles[0]?.text ?? "";
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", code]);
  expect(stdout).toBe(expected);
});

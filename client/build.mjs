// Bundles the command `cce-notifier` into one file: build/cce-notifier.mjs, or the file in the first argument. The
// bundle runs on Node.js 20 and later and needs no other file. The second argument is the source file to bundle. By
// default, the source file is the command.
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

const [target, source = "client/cce-notifier.ts"] = process.argv.slice(2);
if (target?.startsWith("-")) {
  const usage = "npm run prepare [-- FILE [SOURCE]]\n";
  if (target === "--help") process.stdout.write(usage);
  else process.stderr.write(`Unknown option '${target}'\n\n${usage}`);
  process.exit(target === "--help" ? 0 : 2);
}
// npm also runs this build script during an install without development dependencies. If esbuild is not installed, the
// build script builds nothing.
const esbuild = await import("esbuild").catch(() => null);
const file = target ?? fileURLToPath(new URL("../build/cce-notifier.mjs", import.meta.url));

const OPERATOR_COMMANDS = ["config", "doctor", "link", "redrive", "token"];

if (esbuild !== null) {
  await esbuild.build({
    // The bundle contains paths that are relative to the repository, so every folder produces the same bundle.
    absWorkingDir: fileURLToPath(new URL("..", import.meta.url)),
    entryPoints: [source],
    outfile: file,
    bundle: true,
    minifySyntax: true,
    // The bundle of the command contains no white space and is a fifth smaller. Function names are kept, because the
    // stack trace of an error contains them.
    minifyWhitespace: true,
    platform: "node",
    target: "node20",
    format: "esm",
    banner: { js: "#!/usr/bin/env node" },
  });
  if (source === "client/cce-notifier.ts") await writeChecksum();
  if (target === undefined) await buildServer(esbuild);
}

async function writeChecksum() {
  const sum = createHash("sha256")
    .update(await readFile(file))
    .digest("hex");
  // The checksum file has the format that `sha256sum --check` reads.
  await writeFile(`${file}.sha256`, `${sum}  ${basename(file)}\n`);
}

/**
 * Writes build/one-node: the one-node edition (docs/one-node.md) and its operators' commands. The one-node edition and
 * its operators' commands need Node.js 24.
 * @param {typeof import("esbuild")} esbuild
 */
async function buildServer(esbuild) {
  await esbuild.build({
    absWorkingDir: fileURLToPath(new URL("..", import.meta.url)),
    entryPoints: {
      main: "server/main.ts",
      ...Object.fromEntries(OPERATOR_COMMANDS.map((name) => [name, `local/ops/${name}.ts`])),
    },
    outdir: "build/one-node",
    outExtension: { ".js": ".mjs" },
    splitting: true,
    bundle: true,
    minifySyntax: true,
    platform: "node",
    target: "node24",
    format: "esm",
    mainFields: ["module", "main"],
    // The bundle is an ES module without the function `require`, but a bundled CommonJS package may call `require`.
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
  });
}

// Writes build/cce-notifier.mjs, or the file in the first argument: the command as one file. The file runs on Node 20
// and later without any other file. Pipelines get this file (docs/command.md).
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

// npm runs this script also after an install without development dependencies. Such an install must not fail.
const esbuild = await import("esbuild").catch(() => null);
const file = process.argv[2] ?? fileURLToPath(new URL("../build/cce-notifier.mjs", import.meta.url));

if (esbuild !== null) {
  await esbuild.build({
    // Comments in the output name source files by their path from here. So the output is the same in every folder.
    absWorkingDir: fileURLToPath(new URL("..", import.meta.url)),
    entryPoints: ["client/cce-notifier.ts"],
    outfile: file,
    bundle: true,
    minifySyntax: true,
    platform: "node",
    target: "node20",
    format: "esm",
    banner: { js: "#!/usr/bin/env node" },
  });
  const sum = createHash("sha256")
    .update(await readFile(file))
    .digest("hex");
  // The format of `sha256sum --check`.
  await writeFile(`${file}.sha256`, `${sum}  ${basename(file)}\n`);
}

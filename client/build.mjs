// Makes build/cce-notifier.mjs, or the file that is named: the command as one file that runs on Node 20 and later with
// nothing beside it. This file, not the package, is what pipelines get; docs/command.md says how.
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

// An install without development dependencies has no use for the command, and must not fail for it.
const esbuild = await import("esbuild").catch(() => null);
const file = process.argv[2] ?? fileURLToPath(new URL("../build/cce-notifier.mjs", import.meta.url));

if (esbuild !== null) {
  await esbuild.build({
    // Its comments name files from here, so that the same sources make the same bytes wherever it is called.
    absWorkingDir: fileURLToPath(new URL("..", import.meta.url)),
    entryPoints: ["client/run.ts"],
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
  // As `sha256sum --check` reads it.
  await writeFile(`${file}.sha256`, `${sum}  ${basename(file)}\n`);
}

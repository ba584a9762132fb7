// Makes build/cce-notifier.mjs, or the file that is named: the command as one file that runs on Node 20 and later with
// nothing beside it.
import { fileURLToPath } from "node:url";

// An install without development dependencies has no use for the command, and must not fail for it.
const esbuild = await import("esbuild").catch(() => null);

await esbuild?.build({
  entryPoints: [fileURLToPath(new URL("./run.ts", import.meta.url))],
  outfile: process.argv[2] ?? fileURLToPath(new URL("../build/cce-notifier.mjs", import.meta.url)),
  bundle: true,
  minifySyntax: true,
  platform: "node",
  target: "node20",
  format: "esm",
  banner: { js: "#!/usr/bin/env node" },
});

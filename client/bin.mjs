#!/usr/bin/env node
// Runs the TypeScript sources of the command, or the bundled JavaScript file that "npm run prepare" has built. Node.js
// 22.18 and later can run TypeScript, except in a folder below node_modules (https://nodejs.org/api/typescript.html).
import { existsSync } from "node:fs";
import { dirname, sep } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const built = new URL("../build/cce-notifier.mjs", import.meta.url);
const runsTypeScript = Boolean(process.features.typescript) && !here.split(sep).includes("node_modules");

if (runsTypeScript) await import("./cce-notifier.ts");
else if (existsSync(built)) await import(built.href);
else {
  process.stderr.write(
    "cce-notifier: this Node does not run TypeScript, and build/cce-notifier.mjs is missing. Run: npm run prepare\n",
  );
  process.exitCode = 2;
}

#!/usr/bin/env node
// The sources run as they are where Node reads TypeScript: from 22.18 on, and never below a node_modules folder
// (https://nodejs.org/api/typescript.html). Everywhere else runs the one file, without dependencies, that
// "npm run prepare" makes of them: npm runs it by itself for `npm ci`, `npm pack` and an install from git.
import { existsSync } from "node:fs";
import { dirname, sep } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const built = new URL("../build/cce-notifier.mjs", import.meta.url);
const readsTypeScript = Boolean(process.features.typescript) && !here.split(sep).includes("node_modules");

if (readsTypeScript) await import("./run.ts");
else if (existsSync(built)) await import(built.href);
else {
  process.stderr.write(
    "cce-notifier: this Node reads no TypeScript, and build/cce-notifier.mjs is not there: npm run prepare makes it\n",
  );
  process.exitCode = 2;
}

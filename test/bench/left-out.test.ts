import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { LEFT_OUT } from "../../esbuild.plugins.mjs";

test("every file that the packages leave out is still there under its name", () => {
  const missing = LEFT_OUT.filter(({ file }) => !existsSync(resolve("node_modules", file)));
  expect(missing).toEqual([]);
});

test("undici still does without its second parser when it is told that it is bundled", () => {
  const client = readFileSync(resolve("node_modules/undici/lib/dispatcher/client-h1.js"), "utf8");
  expect(client).toMatch(/typeof esbuildDetection === 'undefined'\s*\?\s*require\('\.\/parser-h1\.js'\)/);
});

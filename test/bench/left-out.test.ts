import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { LEFT_OUT } from "../../esbuild.plugins.mjs";

test("every file that the packages leave out is still there under its name", () => {
  const missing = LEFT_OUT.filter(({ file }) => !existsSync(resolve("node_modules", file)));
  expect(missing).toEqual([]);
});

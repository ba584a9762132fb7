import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "esbuild";

/** The files that make schemas and yet, imported alone, would tell every fault as "Invalid input". */
async function schemasWithoutMessages(root: string): Promise<string[]> {
  const makers = globSync("{lib,functions}/**/*.ts", { cwd: root }).filter((file) =>
    /^import \* as z from "zod\/mini"/m.test(readFileSync(join(root, file), "utf8")),
  );
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: makers,
    outdir: "unwritten",
    write: false,
    metafile: true,
    bundle: true,
    packages: "external",
    format: "esm",
  });
  return Object.values(metafile.outputs)
    .filter(({ inputs }) => !Object.hasOwn(inputs, "lib/domain/zod-fields.ts"))
    .map(({ entryPoint }) => String(entryPoint));
}

test("whatever makes schemas has the words for their faults", async () => {
  expect(await schemasWithoutMessages(resolve("."))).toEqual([]);
});

test("a file without these words is seen", async () => {
  expect(await schemasWithoutMessages(resolve("test/fixtures/layers"))).toEqual(["lib/cce/reply.ts"]);
});

import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { build } from "esbuild";

/** Returns the files with zod schemas that do not import the messages. Their faults would all be "Invalid input". */
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

test("every file with zod schemas imports the messages of faults", async () => {
  expect(await schemasWithoutMessages(resolve("."))).toEqual([]);
});

test("a planted file without the messages is found", async () => {
  expect(await schemasWithoutMessages(resolve("test/fixtures/layers"))).toEqual(["lib/cce/reply.ts"]);
});

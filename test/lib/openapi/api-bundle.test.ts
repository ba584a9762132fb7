import { build } from "esbuild";
import plugins from "../../../esbuild-plugins.ts";

/** esbuild keeps an empty initializer of a module whose code it removes. */
const EMPTY_MODULE_BYTES = 50;

/** Returns the files whose code is in a bundle. The test builds the bundle like the packages of the functions. */
async function filesInBundle(entryPoint: string): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: [entryPoint],
    outdir: "unwritten",
    write: false,
    metafile: true,
    bundle: true,
    minify: true,
    plugins,
    platform: "node",
    format: "esm",
    mainFields: ["module", "main"],
    logLevel: "error",
  });
  return Object.values(metafile.outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([file, { bytesInOutput }]) =>
      bytesInOutput > EMPTY_MODULE_BYTES ? [file] : [],
    ),
  );
}

const DOCUMENT_CODE = /^lib\/openapi\/|\/zod\/.*json-schema/;

test("the api function contains the OpenAPI document as text, and no code that creates the document", async () => {
  const files = await filesInBundle("functions/api/handler.ts");
  expect(files).toContain("functions/api/openapi.generated.ts");
  expect(files.filter((file) => DOCUMENT_CODE.test(file))).toEqual([]);
});

test("the check finds the code that creates the document in a bundle with this code", async () => {
  const files = await filesInBundle("lib/openapi/openapi-document.ts");
  const found = files.filter((file) => DOCUMENT_CODE.test(file));
  expect(found).toContain("lib/openapi/openapi-document.ts");
  expect(found).toContain("node_modules/zod/v4/core/to-json-schema.js");
});

import { globSync, readFileSync } from "node:fs";
import { build } from "esbuild";
import plugins from "../../esbuild-plugins.ts";
import { runBundled } from "./run-bundled.ts";

const SETTINGS = { bundle: true, minify: true, platform: "node", format: "esm", plugins } as const;
const DECLARATION = /^(export )?class (\w+) extends \w*Error\b/gm;

/** The error classes of the functions, with the files that declare the classes. */
const declared = globSync("{lib,functions}/**/*.ts").flatMap((file) =>
  [...readFileSync(file, "utf8").matchAll(DECLARATION)].map(([, exported, name = ""]) => ({
    file,
    name,
    isExported: exported !== undefined,
  })),
);

const SDK_ERRORS = {
  "@aws-sdk/client-dynamodb": ["ConditionalCheckFailedException", "DynamoDBServiceException"],
  "@aws-sdk/client-sqs": ["SQSServiceException"],
  "@aws-sdk/client-ssm": ["SSMServiceException"],
  "jose/errors": ["JOSEError", "JWTExpired", "JWSSignatureVerificationFailed"],
};

/** Returns code that prints the name of each class, by the name under which the class is exported. */
function printNames(exports: readonly { readonly from: string; readonly name: string }[]): string {
  const imports = exports.map(({ from, name }, i) => `import { ${name} as e${i} } from "${from}";`);
  const named = exports.map(({ name }, i) => `["${name}", e${i}.name]`);
  return `${imports.join("\n")}\nconsole.log(JSON.stringify([${named.join()}]));`;
}

test("minified code keeps the name of each exported error class of the functions, the AWS clients and jose", async () => {
  const own = declared
    .filter(({ isExported }) => isExported)
    .map(({ file, name }) => ({ from: `./${file}`, name }));
  const libraries = Object.entries(SDK_ERRORS).flatMap(([from, names]) =>
    names.map((name) => ({ from, name })),
  );
  expect(own.length).toBeGreaterThan(5);
  const names = await runBundled(printNames([...own, ...libraries]), plugins, undefined, { minify: true });
  expect(names).toEqual([...own, ...libraries].map(({ name }) => [name, name]));
});

test("the packages keep the name of each error class, also of a class that only one file uses", async () => {
  const { outputFiles } = await build({
    ...SETTINGS,
    entryPoints: globSync("functions/*/handler.ts"),
    outdir: "unwritten",
    write: false,
    mainFields: ["module", "main"],
    logLevel: "error",
  });
  const code = outputFiles.map(({ text }) => text).join("\n");
  const kept = [...code.matchAll(/\bstatic name="([\w$]+)"/g)].map(([, name]) => name);
  expect(kept).toEqual(expect.arrayContaining(declared.map(({ name }) => name)));
});

test("each error class of the functions sets the name that a log line shows", () => {
  for (const { file, name } of declared)
    expect(readFileSync(file, "utf8")).toMatch(new RegExp(`name = .*"${name}"`));
});

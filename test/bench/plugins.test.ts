import { globSync, readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { build, type OnLoadResult, type Plugin } from "esbuild";
import * as z from "zod";
import plugins, { KNOWN_ERRORS, PROVED_WITH, SCHEMA_FUNCTIONS } from "../../esbuild-plugins.ts";

const FUNCTIONS = globSync("functions/*/handler.ts");

/** Returns the plugin with a callback for every file whose code it replaces. */
function withCallback(plugin: Plugin, onReplaced: (file: string, result: OnLoadResult) => void): Plugin {
  return {
    name: plugin.name,
    setup: (esbuild) =>
      plugin.setup({
        ...esbuild,
        onLoad: (options, load) =>
          esbuild.onLoad(options, async (args) => {
            const result = await load(args);
            if (result) onReplaced(args.path, result);
            return result;
          }),
      }),
  };
}

/** The replaced code, by plugin name and file. */
const replaced = new Map<string, Map<string, string>>();
beforeAll(async () => {
  const watchedPlugins = plugins.map((plugin) =>
    withCallback(plugin, (file, { contents }) => {
      const files = replaced.get(plugin.name) ?? new Map<string, string>();
      replaced.set(plugin.name, files.set(file, String(contents)));
    }),
  );
  await build({
    entryPoints: FUNCTIONS,
    outdir: "unwritten",
    write: false,
    bundle: true,
    plugins: watchedPlugins,
    platform: "node",
    format: "esm",
    mainFields: ["module", "main"],
    logLevel: "error",
  });
});

test("the build contains every function", () => {
  expect(FUNCTIONS.map((file) => basename(dirname(file))).toSorted()).toEqual([
    "api",
    "audit",
    "discover",
    "enqueue",
    "notify",
    "poll",
    "sweep",
    "trail",
  ]);
});

test.each(plugins.map(({ name }) => name))("the plugin '%s' replaces code", (name) => {
  expect([...(replaced.get(name)?.keys() ?? [])]).not.toEqual([]);
});

const schemas = () =>
  [...(replaced.get("only the used schemas of AWS services") ?? [])].map(([file, contents]) => ({
    client: /client-[a-z]+/.exec(file)?.[0],
    before: readFileSync(file, "utf8"),
    contents,
  }));

test("each AWS client keeps only the classes of known errors, and has no computed keys in its schemas", () => {
  expect(schemas().map(({ client }) => client)).toEqual(
    expect.arrayContaining(["client-dynamodb", "client-sqs", "client-ssm"]),
  );
  for (const { before, contents } of schemas()) {
    const registered = [...contents.matchAll(/n0_registry\.registerError\(\w+\$, (\w+)\)/g)].map(
      ([, name]) => name,
    );
    expect(KNOWN_ERRORS).toEqual(expect.arrayContaining(registered));
    expect(before.match(/n0_registry\.registerError\(/g)?.length).toBeGreaterThan(10);
    expect([/\[_\w+\]:/.test(before), /\[_\w+\]:/.test(contents)]).toEqual([true, false]);
  }
});

test("the installed versions of the packages of the AWS SDK are the versions with which the plugins were proved", () => {
  const installed = Object.keys(PROVED_WITH).map((name) => [
    name,
    z
      .looseObject({ version: z.string() })
      .parse(JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8"))).version,
  ]);
  expect(Object.fromEntries(installed)).toEqual(PROVED_WITH);
});

test("the plugins rewrite only packages of the AWS SDK whose version is proved", () => {
  const rewriting = [...replaced].filter(([name]) => /^omit |schemas/.test(name));
  const packages = rewriting.flatMap(([, files]) =>
    [...files.keys()].map((file) => /node_modules\/(@[^/]+\/[^/]+)\//.exec(file)?.[1]),
  );
  expect(new Set(packages)).toEqual(new Set(Object.keys(PROVED_WITH)));
});

/** Bundles code that imports a module of the product, and returns the bundle. */
async function bundle(code: string, withPlugins: Plugin[]): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: process.cwd(), loader: "ts" },
    bundle: true,
    write: false,
    plugins: withPlugins,
    platform: "node",
    format: "esm",
    mainFields: ["module", "main"],
    logLevel: "error",
  });
  return outputFiles[0]?.text ?? "";
}

test("a package omits the schemas that its function does not use", async () => {
  const code = 'export { toInternalPageToken } from "./lib/ledger/page-token.ts";';
  const [omitting, complete] = await Promise.all([bundle(code, plugins), bundle(code, [])]);
  const unused = "must be the value of 'next' from the previous page";
  expect([complete.includes(unused), omitting.includes(unused)]).toEqual([true, false]);
});

test("a package keeps the schemas that its function uses, and the error messages of all schemas", async () => {
  const code = `import { Name } from "./lib/domain/names.ts";
    import { Auth } from "./lib/config/projects.ts";
    export const results = [Name.safeParse("a b"), Auth.safeParse({ kind: "token" })]
      .map(({ error }) => error?.issues.map(({ message }) => message));`;
  const text = await bundle(code, plugins);
  const { results } = await import(`data:text/javascript,${encodeURIComponent(text)}`);
  expect(results).toEqual([
    ["must be 1 to 64 letters, digits, '_' or '-', starting with a letter or digit"],
    ["is missing"],
  ]);
});

test("the functions that the plugin marks as pure are functions of the product", () => {
  const sources = globSync("lib/**/*.ts").map((file) => readFileSync(file, "utf8"));
  const missing = SCHEMA_FUNCTIONS.filter(
    (name) => !sources.some((source) => source.includes(`function ${name}`)),
  );
  expect(missing).toEqual([]);
});

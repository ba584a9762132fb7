import { globSync, readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { build, type OnLoadResult, type Plugin } from "esbuild";
import plugins, { KNOWN_ERRORS } from "../../esbuild-plugins.ts";

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

test("the AWS clients bundle only the version of their package.json", () => {
  const readers = globSync("node_modules/@aws-sdk/client-{dynamodb,sqs,ssm}/dist-es/**/*.js").filter(
    (file) => !file.includes(".browser.") && readFileSync(file, "utf8").includes("package.json"),
  );
  expect(readers).toHaveLength(3);
  for (const file of readers)
    expect(new Set(readFileSync(file, "utf8").match(/packageInfo\.\w+/g))).toEqual(
      new Set(["packageInfo.version"]),
    );
});

import { globSync, readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { build, type OnLoadResult, type Plugin } from "esbuild";
import plugins, { KNOWN_ERRORS } from "../../esbuild.plugins.mjs";

const FUNCTIONS = globSync("functions/*/handler.ts");

/** The plugin, which tells of every file that it has put something else in the place of. */
function watched(plugin: Plugin, onFired: (file: string, result: OnLoadResult) => void): Plugin {
  return {
    name: plugin.name,
    setup: (esbuild) =>
      plugin.setup({
        ...esbuild,
        onLoad: (options, load) =>
          esbuild.onLoad(options, async (asked) => {
            const result = await load(asked);
            if (result) onFired(asked.path, result);
            return result;
          }),
      }),
  };
}

const fired = new Map<string, Map<string, string>>();
beforeAll(async () => {
  const watching = plugins.map((plugin) =>
    watched(plugin, (file, { contents }) => {
      const files = fired.get(plugin.name) ?? new Map<string, string>();
      fired.set(plugin.name, files.set(file, String(contents)));
    }),
  );
  await build({
    entryPoints: FUNCTIONS,
    outdir: "unwritten",
    write: false,
    bundle: true,
    plugins: watching,
    platform: "node",
    format: "esm",
    mainFields: ["module", "main"],
    logLevel: "error",
  });
});

test("each function is built", () => {
  expect(FUNCTIONS.map((file) => basename(dirname(file))).toSorted()).toEqual([
    "api",
    "audit",
    "enqueue",
    "notify",
    "poll",
    "sweep",
  ]);
});

test.each(plugins.map(({ name }) => name))("%s: it still finds what it is for", (name) => {
  expect([...(fired.get(name)?.keys() ?? [])]).not.toEqual([]);
});

const schemas = () =>
  [...(fired.get("schemas of AWS services that are used") ?? [])].map(([file, contents]) => ({
    client: /client-[a-z]+/.exec(file)?.[0],
    before: readFileSync(file, "utf8"),
    contents,
  }));

test("of each client no error keeps its class but the known, and no key of its schemas is computed", () => {
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

test("of a client's package.json nobody reads more than the version", () => {
  const readers = globSync("node_modules/@aws-sdk/client-{dynamodb,sqs,ssm}/dist-es/**/*.js").filter(
    (file) => !file.includes(".browser.") && readFileSync(file, "utf8").includes("package.json"),
  );
  expect(readers).toHaveLength(3);
  for (const file of readers)
    expect(new Set(readFileSync(file, "utf8").match(/packageInfo\.\w+/g))).toEqual(
      new Set(["packageInfo.version"]),
    );
});

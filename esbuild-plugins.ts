import { readFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import type { Plugin } from "esbuild";

/**
 * The esbuild plugins for the packages of the functions. The plugins omit unused code of dependencies, because every
 * cold start would read and compile the unused code. A plugin stays in this file only if it saves at least 3 ms of a
 * cold start. A cold start is the load of a package and the first request to AWS. docs/performance.md lists what each
 * plugin saves, and what breaks if the AWS SDK changes.
 */

/**
 * The packages whose source the plugins change, with their tested versions. A test fails if another version is
 * installed. After an update of a package in this list, run the tests in test/bench and measure the cold starts again.
 * Then change the package's version in this list.
 */
export const PROVED_WITH: Readonly<Record<string, string>> = {
  "@aws-sdk/client-dynamodb": "3.1164.0",
  "@aws-sdk/client-sqs": "3.1169.0",
  "@aws-sdk/client-ssm": "3.1169.0",
  "@aws-sdk/credential-provider-node": "3.972.97",
  "@smithy/core": "3.41.0",
};

/**
 * For each file whose code a plugin replaces: the end of the file's path (`file`) and the new, shorter code (`stub`).
 */
export const OMITTED_FILES: readonly { readonly file: string; readonly stub: string }[] = [
  {
    // Lambda sets the credentials of the function's role as environment variables. The SDK's default provider would
    // also search profiles, SSO and metadata services, and import four more clients. The stub reads the credentials
    // only from the environment variables, and only once.
    file: "@aws-sdk/credential-provider-node/dist-es/index.js",
    stub: `import { fromEnv } from "@aws-sdk/credential-provider-env";
      export const defaultProvider = (init) => {
        const read = fromEnv(init);
        let credentials;
        return () => (credentials ??= read());
      };`,
  },
  // Each AWS client would search for config files of the SDK (`~/.aws/config`), which do not exist on Lambda. The SDK
  // can also send files to AWS, which the service never does. With the next two stubs, a function loads neither
  // `node:fs/promises` nor file streams.
  {
    file: "@smithy/core/dist-es/submodules/config/shared-ini-file-loader/loadSharedConfigFiles.js",
    stub: `export { CONFIG_PREFIX_SEPARATOR } from "./constants";
      export const loadSharedConfigFiles = async () => ({ configFile: {}, credentialsFile: {} });`,
  },
  {
    file: "@smithy/core/dist-es/submodules/serde/util-body-length/calculateBodyLength.js",
    stub: `export const calculateBodyLength = (body) => {
        if (!body) return 0;
        if (typeof body === "string") return Buffer.byteLength(body);
        if (typeof body.byteLength === "number") return body.byteLength;
        throw new Error("The body of a request to AWS must be a string or bytes");
      };`,
  },
  // The service does not use event streams.
  { file: "@smithy/core/dist-es/submodules/event-streams/index.js", stub: "export {};" },
];

const omitFiles: readonly Plugin[] = OMITTED_FILES.map(({ file, stub }) => ({
  name: `omit ${file}`,
  setup(build) {
    build.onLoad({ filter: new RegExp(`/node_modules/${file.replaceAll(".", "\\.")}$`) }, () => ({
      contents: stub,
      loader: "js",
    }));
  },
}));

/**
 * Functions of Node.js modules that most invocations do not call. When code reads such a function from its module,
 * Node.js loads more modules. Therefore the bundle reads the function only when the bundle calls it.
 */
const READ_AT_CALL = ["getRandomValues", "lookup", "deflateRawSync", "inflateRawSync"];

/**
 * An `import` of a Node.js module reads all properties of the module, and some properties load more modules. For
 * example, the properties of `http` load undici, and the properties of `crypto` load WebCrypto. With this plugin, a
 * bundle reads only the properties that the bundle uses.
 */
const lazyNodeModules: Plugin = {
  name: "lazy Node modules",
  setup(build) {
    build.onResolve({ filter: /^(node:)?[a-z][a-z0-9_/]*$/ }, ({ path, kind }) => {
      if (!isBuiltin(path)) return undefined;
      const namespace = kind === "import-statement" ? "node-named" : "node-whole";
      return { path: path.replace(/^(node:)?/, "node:"), namespace, sideEffects: false };
    });
    build.onLoad({ filter: /./, namespace: "node-whole" }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule("${path}");`,
    }));
    build.onLoad({ filter: /./, namespace: "node-named" }, ({ path }) => {
      const names = Object.keys(process.getBuiltinModule(path) ?? {}).filter((name) => /^\w+$/.test(name));
      const read = (name: string) =>
        READ_AT_CALL.includes(name)
          ? `(...given) => process.getBuiltinModule("${path}").${name}(...given)`
          : `/* @__PURE__ */ property("${name}")`;
      return {
        contents: [
          `const whole = /* @__PURE__ */ process.getBuiltinModule("${path}");`,
          "const property = (name) => whole[name];",
          "export default whole;",
          ...names.map((name) => `const _${name} = ${read(name)}; export { _${name} as ${name} };`),
        ].join("\n"),
      };
    });
  },
};

/** The AWS errors whose class the service checks. The service recognizes all other AWS errors by their names. */
export const KNOWN_ERRORS = ["ConditionalCheckFailedException"];

/** Matches the definition of an AWS error's schema, and the call of `registerError` after this definition. */
const ERROR_SCHEMA = /^export var (\w+)\$ = \[-3, n0,[^;]*;\nn0_registry\.registerError\(\1\$, \1\);$/gm;
const STRING_CONSTANT = /^const (_\w+) = "(\w+)";$/gm;
const COMPUTED_KEY = /\[(_\w+)\]: /g;

/**
 * Without this plugin, a third of the bundle would be unused code from the schemas of the AWS clients. The plugin makes
 * two changes to these schemas:
 * - The schemas register a class for each error of an AWS service, so that the bundle contains all classes. The plugin
 *   removes the code that registers the error classes of AWS services. An AWS error without a registered class has the
 *   base class of its AWS service, and keeps its name.
 * - Unused schemas with computed keys stay in the bundle. The plugin replaces computed keys by plain keys.
 */
const onlyUsedSchemas: Plugin = {
  name: "only the used schemas of AWS services",
  setup(build) {
    build.onLoad(
      { filter: /\/@aws-sdk\/client-[a-z]+\/dist-es\/schemas\/schemas_0\.js$/ },
      async ({ path }) => {
        const source = await readFile(path, "utf8");
        const strings = new Map(
          [...source.matchAll(STRING_CONSTANT)].map(([, name, value]) => [name, value]),
        );
        const contents = source
          .replaceAll(ERROR_SCHEMA, (code, error) =>
            KNOWN_ERRORS.includes(error) ? code : `export var ${error}$ = [];`,
          )
          .replaceAll(COMPUTED_KEY, (code, name) => (strings.has(name) ? `${strings.get(name)}: ` : code));
        return { contents, loader: "js" };
      },
    );
  },
};

/**
 * Functions of this service that only create a zod schema. If nothing uses the created schema, esbuild may remove the
 * call.
 */
export const SCHEMA_FUNCTIONS = [
  "createIdSchema",
  "httpUrlSchema",
  "integerSchema",
  "limitedTextSchema",
  "listSchema",
  "numberSchema",
  "recordSchemaRefusingProto",
  "registerKeywords",
  "textSchema",
  "unwrapLazy",
  "withChecks",
  "withDescription",
];
/**
 * Matches a comment, or the beginning of a call that only creates a zod schema: the function's name and the
 * parenthesis.
 */
const COMMENT_OR_SCHEMA_CALL = new RegExp(
  `/\\*[^]*?\\*/|//.*|(?<![\\w$.])(?:z\\.(?!config\\b)(?:iso\\.)?\\w+|${SCHEMA_FUNCTIONS.join("|")})(?:<[^()]*?>)?\\(`,
  "g",
);

/**
 * Marks calls that only create a schema. If nothing uses the schema of a marked call, esbuild removes the call. esbuild
 * ignores the marks in the files of zod, because a mark only counts in the file of the call.
 */
const markSchemaCalls = (source: string): string =>
  source.replace(COMMENT_OR_SCHEMA_CALL, (code) => (code.startsWith("/") ? code : `/* @__PURE__ */ ${code}`));

/** Matches the beginning of a class that extends an error class, including the character `{`. */
const ERROR_CLASS = /^((?:export )?(?:default )?class ([\w$]+) extends [\w$]*(?:Error|Exception)\s*\{)/gm;

/**
 * Minified code has short class names. In AWS's JSON log format, Lambda logs an uncaught error with the name of its
 * class. The plugin does not shorten the class names of errors. The esbuild option `keepNames` would keep the names of
 * all functions, and each package would be 8 % larger.
 */
const keepErrorNamesAndMarkCalls: Plugin = {
  name: "names of error classes and pure calls",
  setup(build) {
    build.onLoad({ filter: /\.(ts|m?js)$/ }, async ({ path, namespace }) => {
      if (namespace !== "file") return undefined;
      const source = await readFile(path, "utf8");
      const named = source.replace(ERROR_CLASS, '$1\nstatic name = "$2";');
      const contents = path.includes("/node_modules/") ? named : markSchemaCalls(named);
      return contents === source ? undefined : { contents, loader: path.endsWith(".ts") ? "ts" : "js" };
    });
  },
};

const plugins: Plugin[] = [
  lazyNodeModules,
  onlyUsedSchemas,
  ...omitFiles,
  // For each file, esbuild uses only the first plugin that returns code. `keepErrorNamesAndMarkCalls` handles every
  // file, so it must be the last plugin.
  keepErrorNamesAndMarkCalls,
];
export default plugins;

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
 * The packages whose source the plugins change, with the versions that were measured and tested. A test compares the
 * versions in this list with the installed versions. After an update of a package, run the tests in test/bench, measure
 * again, and change the version here.
 */
export const PROVED_WITH: Readonly<Record<string, string>> = {
  "@aws-sdk/client-dynamodb": "3.1164.0",
  "@aws-sdk/client-sqs": "3.1169.0",
  "@aws-sdk/client-ssm": "3.1169.0",
  "@aws-sdk/credential-provider-node": "3.972.97",
  "@smithy/core": "3.41.0",
};

/**
 * The files that the packages of the functions omit. `file` is the end of a file's path, and `stub` is the new code of
 * the file. The stub throws an error if a function uses the removed code.
 */
export const OMITTED_FILES: readonly { readonly file: string; readonly stub: string }[] = [
  {
    // Lambda sets the credentials of a function's role in the environment. The default provider chain of the SDK also
    // searches profiles, SSO and metadata services, and imports four more clients. The stub that replaces the default
    // provider chain also reads the credentials only once.
    file: "@aws-sdk/credential-provider-node/dist-es/index.js",
    stub: `import { fromEnv } from "@aws-sdk/credential-provider-env";
      export const defaultProvider = (init) => {
        const read = fromEnv(init);
        let credentials;
        return () => (credentials ??= read());
      };`,
  },
  // A Lambda function has no config files of the AWS SDK (`~/.aws/config`), but each client would search for them. No
  // request of the service sends a file. The next two files are replaced, so that a function loads neither
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
  // No function requests an event stream.
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
 * Functions of Node.js modules. A bundle reads the functions in this list only when it calls them. Reading
 * `getRandomValues` loads more modules of Node.js. Most invocations do not use `node:dns` and `node:zlib`, so each
 * module is loaded at its first use.
 */
const READ_AT_CALL = ["getRandomValues", "lookup", "deflateRawSync", "inflateRawSync"];

/**
 * If a bundle imports a Node.js module, the generated `import` reads all properties of the module. Reading a property
 * of a Node.js module can load more modules of Node.js. For example, reading `http` loads the module undici, and
 * reading `crypto` loads WebCrypto. Reading `fs` loads the modules readline and fs/promises. With this plugin, a bundle
 * reads only those properties of a Node.js module that the bundle uses.
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

/**
 * The AWS errors that the service recognizes by their class. The service recognizes all other AWS errors by their name.
 */
export const KNOWN_ERRORS = ["ConditionalCheckFailedException"];

/** Matches the schema of an AWS error, and the call that registers the schema with the error's class. */
const ERROR_SCHEMA = /^export var (\w+)\$ = \[-3, n0,[^;]*;\nn0_registry\.registerError\(\1\$, \1\);$/gm;
const STRING_CONSTANT = /^const (_\w+) = "(\w+)";$/gm;
const COMPUTED_KEY = /\[(_\w+)\]: /g;

/**
 * The generated schemas of an AWS client add unused code to the bundle. A third of a bundle with the generated schemas
 * is unused code. The plugin makes two changes to the schemas of an AWS client:
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

/** Functions of this service that only create a zod schema. */
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
  "webhookTargetSchema",
  "withChecks",
  "withDescription",
];
/** Matches a comment, or a call that only creates a zod schema, up to the opening parenthesis. */
const COMMENT_OR_SCHEMA_CALL = new RegExp(
  `/\\*[^]*?\\*/|//.*|(?<![\\w$.])(?:z\\.(?!config\\b)(?:iso\\.)?\\w+|${SCHEMA_FUNCTIONS.join("|")})(?:<[^()]*?>)?\\(`,
  "g",
);

/**
 * Marks calls that only create a schema, so that esbuild can remove unused schemas. zod marks its own functions, but
 * esbuild ignores these marks in other files.
 */
const markSchemaCalls = (source: string): string =>
  source.replace(COMMENT_OR_SCHEMA_CALL, (code) => (code.startsWith("/") ? code : `/* @__PURE__ */ ${code}`));

/** Matches the beginning of a class declaration that extends an error class, up to the opening brace. */
const ERROR_CLASS = /^((?:export )?(?:default )?class ([\w$]+) extends [\w$]*(?:Error|Exception)\s*\{)/gm;

/**
 * Minified code has short class names. In AWS's JSON log format, Lambda logs an uncaught error with the name of its
 * class. The plugin keeps the class names of errors in minified code. The esbuild option `keepNames` would keep the
 * names of all functions, and each package would be 8 % larger.
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
  // Only the first plugin that loads a file can replace the file's code, so the other plugins come first.
  keepErrorNamesAndMarkCalls,
];
export default plugins;

import { readFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import type { Plugin } from "esbuild";

/**
 * The esbuild plugins for the packages of the functions. They omit code of dependencies that no function runs, because
 * every cold start would read and compile it. docs/performance.md lists what each omission saves.
 */

/**
 * The files that the packages omit, by the end of the path. The stub replaces the file's code. A stub throws when
 * something uses the omitted code after all.
 */
export const OMITTED_FILES: readonly { readonly file: string; readonly stub: string }[] = [
  {
    // Lambda sets the credentials of a function's role in the environment. The SDK's chain also tries profiles, SSO and
    // metadata services, and brings four more clients. Like that chain, the stub reads the credentials once.
    file: "@aws-sdk/credential-provider-node/dist-es/index.js",
    stub: `import { fromEnv } from "@aws-sdk/credential-provider-env";
      export const defaultProvider = (init) => {
        const read = fromEnv(init);
        let credentials;
        return () => (credentials ??= read());
      };`,
  },
  {
    // Lambda has no SDK settings files, and each client would search for them.
    file: "@smithy/core/dist-es/submodules/config/shared-ini-file-loader/readFile.js",
    stub: `export const filePromises = {};
      export const fileIntercept = {};
      export const readFile = async (path) => {
        throw new Error("this package omits the reading of SDK settings files");
      };`,
  },
  {
    // The middleware logs every request. The functions' clients have no logger.
    file: "@aws-sdk/core/dist-es/submodules/client/middleware-logger/loggerMiddleware.js",
    stub: `export const loggerMiddleware = () => (next) => next;
      export const loggerMiddlewareOptions = {};
      export const getLoggerPlugin = () => ({ applyToStack() {} });`,
  },
  {
    // DynamoDB has one endpoint per region, so nothing has to be discovered.
    file: "@aws-sdk/middleware-endpoint-discovery/dist-es/resolveEndpointDiscoveryConfig.js",
    stub: "export const resolveEndpointDiscoveryConfig = (settings) => settings;",
  },
  {
    // The SDK measures files too, and loads most of node:fs for that. The functions send only strings and bytes.
    file: "@smithy/core/dist-es/submodules/serde/util-body-length/calculateBodyLength.js",
    stub: `export const calculateBodyLength = (body) => {
        if (typeof body === "string") return Buffer.byteLength(body);
        if (body === undefined || body === null) return 0;
        if (body instanceof Uint8Array) return body.byteLength;
        throw new Error("this package omits bodies other than strings and bytes");
      };`,
  },
  {
    // The SDK takes random UUIDs from WebCrypto, which needs 1 ms of each start. Node's own generator is already loaded.
    file: "@smithy/core/dist-es/submodules/serde/uuid/v4.js",
    stub: `import { randomUUID } from "node:crypto";
      export const bindV4 = () => randomUUID;`,
  },
  // Node has these hashes itself.
  {
    file: "@smithy/core/dist-es/submodules/checksum/sha256/Sha256Js.js",
    stub: "export const Sha256Js = undefined;",
  },
  { file: "@smithy/core/dist-es/submodules/checksum/md5/Md5Js.js", stub: "export const Md5Js = undefined;" },
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

/** To read one of these properties of a Node module loads more of Node. The plugin reads them at the first call. */
const READ_AT_CALL = ["getRandomValues"];

/**
 * A bundled `import` of a Node module reads every property of the module. Many properties load more of Node: `http`
 * loads undici, `fs` loads readline and fs/promises, `crypto` loads WebCrypto. With this plugin the bundle reads only
 * the properties that it uses.
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
          ? `(...given) => whole.${name}(...given)`
          : `/* @__PURE__ */ property("${name}")`;
      return {
        contents: [
          `const whole = process.getBuiltinModule("${path}");`,
          "const property = (name) => whole[name];",
          "export default whole;",
          ...names.map((name) => `const _${name} = ${read(name)}; export { _${name} as ${name} };`),
        ].join("\n"),
      };
    });
  },
};

/** An AWS client sends its version with each request. It bundles its whole package.json for that. */
const onlyVersionOfPackageJson: Plugin = {
  name: "only the version of a client's package.json",
  setup(build) {
    build.onLoad({ filter: /\/@aws-sdk\/client-[a-z]+\/package\.json$/ }, async ({ path }) => {
      const { version } = JSON.parse(await readFile(path, "utf8"));
      return { contents: JSON.stringify({ version }), loader: "json" };
    });
  },
};

/** The AWS errors that the product recognizes by their class. It recognizes all others by their name. */
export const KNOWN_ERRORS = ["ConditionalCheckFailedException"];

/** The schema of an AWS error, and the call that registers the schema with the error's class. */
const ERROR_SCHEMA = /^export var (\w+)\$ = \[-3, n0,[^;]*;\nn0_registry\.registerError\(\1\$, \1\);$/gm;
const STRING_CONSTANT = /^const (_\w+) = "(\w+)";$/gm;
const COMPUTED_KEY = /\[(_\w+)\]: /g;

/**
 * The generated schemas of an AWS client keep unused code in the bundle, a third of it. This plugin changes two things:
 * - The schemas register a class for each error of the service, which keeps the class. Without its class an error has
 *   the base class of the service, and keeps its name.
 * - The keys of objects are computed from string constants, which keeps every schema with an object. The plugin writes
 *   the strings as keys.
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

const plugins: Plugin[] = [lazyNodeModules, onlyVersionOfPackageJson, onlyUsedSchemas, ...omitFiles];
export default plugins;

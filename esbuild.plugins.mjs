import { readFile } from "node:fs/promises";
import { isBuiltin } from "node:module";

/**
 * What the packages of the functions do without: parts of dependencies that no function ever runs, but that would be
 * read and compiled at every cold start. Each is named by its file, and says so should it ever be asked for.
 * docs/performance.md has what each of them costs; test/bench/left-out.test.ts proves that the names still hold.
 */

/** By the end of a file's path; `stub` takes its place. */
export const LEFT_OUT = [
  {
    // Lambda hands a function its role's credentials in the environment. The chain that would look for them
    // everywhere else (profiles, SSO, metadata services) brings four more clients with it. Read once, as by that
    // chain: whoever makes requests asks for them at each.
    file: "@aws-sdk/credential-provider-node/dist-es/index.js",
    stub: `import { fromEnv } from "@aws-sdk/credential-provider-env";
      export const defaultProvider = (init) => {
        const read = fromEnv(init);
        let credentials;
        return () => (credentials ??= read());
      };`,
  },
  {
    // Lambda has no files of settings for the SDK, and each client would look for them.
    file: "@smithy/core/dist-es/submodules/config/shared-ini-file-loader/readFile.js",
    stub: `export const filePromises = {};
      export const fileIntercept = {};
      export const readFile = async (path) => {
        throw new Error("files of settings are left out of this package");
      };`,
  },
  {
    // It filters the input and output of every request for a logger that no client is given.
    file: "@aws-sdk/core/dist-es/submodules/client/middleware-logger/loggerMiddleware.js",
    stub: `export const loggerMiddleware = () => (next) => next;
      export const loggerMiddlewareOptions = {};
      export const getLoggerPlugin = () => ({ applyToStack() {} });`,
  },
  {
    // DynamoDB has one endpoint in a region, and no other is ever looked for or kept.
    file: "@aws-sdk/middleware-endpoint-discovery/dist-es/resolveEndpointDiscoveryConfig.js",
    stub: "export const resolveEndpointDiscoveryConfig = (settings) => settings;",
  },
  {
    // A body here is a text or bytes, never a file that would have to be measured: that loads most of node:fs.
    file: "@smithy/core/dist-es/submodules/serde/util-body-length/calculateBodyLength.js",
    stub: `export const calculateBodyLength = (body) => {
        if (typeof body === "string") return Buffer.byteLength(body);
        if (body === undefined || body === null) return 0;
        if (body instanceof Uint8Array) return body.byteLength;
        throw new Error("bodies but texts and bytes are left out of this package");
      };`,
  },
  {
    // The number of a request, by Node's own generator: the SDK looks for one in WebCrypto, which is 1 ms of each start.
    file: "@smithy/core/dist-es/submodules/serde/uuid/v4.js",
    stub: `import { randomUUID } from "node:crypto";
      export const bindV4 = () => randomUUID;`,
  },
  // Hashes in JavaScript, because Node has native ones. Event streams, because no request uses them.
  {
    file: "@smithy/core/dist-es/submodules/checksum/sha256/Sha256Js.js",
    stub: "export const Sha256Js = undefined;",
  },
  { file: "@smithy/core/dist-es/submodules/checksum/md5/Md5Js.js", stub: "export const Md5Js = undefined;" },
  { file: "@smithy/core/dist-es/submodules/event-streams/index.js", stub: "export {};" },
];

const escaped = (path) => path.replaceAll(/[.]/g, "\\.");

/** Properties of Node's modules that load more of Node once they are read, though all that is read is a function. */
const READ_AT_THE_CALL = ["getRandomValues"];

/**
 * An import of one of Node's modules reads every property it has, whichever are asked for, and many load more of Node:
 * all of undici behind http, of readline and fs/promises behind fs, of WebCrypto behind crypto. Who asks for the module
 * itself reads what is used, and no more.
 * @type {import("esbuild").Plugin}
 */
const builtinsAsTheyAre = {
  name: "modules of Node as they are",
  setup(build) {
    build.onResolve({ filter: /^(node:)?[a-z][a-z0-9_/]*$/ }, ({ path, kind }) => {
      if (!isBuiltin(path)) return undefined;
      const named = kind === "import-statement" ? "builtin, named" : "builtin, whole";
      return { path: path.replace(/^(node:)?/, "node:"), namespace: named, sideEffects: false };
    });
    build.onLoad({ filter: /./, namespace: "builtin, whole" }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule("${path}");`,
    }));
    build.onLoad({ filter: /./, namespace: "builtin, named" }, ({ path }) => {
      const names = Object.keys(process.getBuiltinModule(path)).filter((name) => /^\w+$/.test(name));
      const read = (name) =>
        READ_AT_THE_CALL.includes(name)
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

/**
 * A client tells its version in each request, and takes it from the whole of its package.json.
 * @type {import("esbuild").Plugin}
 */
const versionAlone = {
  name: "of a client's package.json its version",
  setup(build) {
    build.onLoad({ filter: /\/@aws-sdk\/client-[a-z]+\/package\.json$/ }, async ({ path }) => {
      const { version } = JSON.parse(await readFile(path, "utf8"));
      return { contents: JSON.stringify({ version }), loader: "json" };
    });
  },
};

/** The errors that this product tells from others by their class; all others it knows by their name. */
export const KNOWN_ERRORS = ["ConditionalCheckFailedException"];

/** The schema of an error, and behind it the call that registers it with its class. */
const ERROR_OF_SERVICE = /^export var (\w+)\$ = \[-3, n0,[^;]*;\nn0_registry\.registerError\(\1\$, \1\);$/gm;
const TEXT = /^const (_\w+) = "(\w+)";$/gm;
const COMPUTED_KEY = /\[(_\w+)\]: /g;

/**
 * A client's generated schemas keep what nobody uses in the package, a third of it:
 * - a class and a schema for each error its service knows, by registering them. An error without a class of its own is
 *   one of the service's base class, under its name;
 * - every schema with an object in it, for the object's keys are computed, though of nothing but texts.
 * @type {import("esbuild").Plugin}
 */
const schemasThatAreUsed = {
  name: "schemas of AWS services that are used",
  setup(build) {
    build.onLoad(
      { filter: /\/@aws-sdk\/client-[a-z]+\/dist-es\/schemas\/schemas_0\.js$/ },
      async ({ path }) => {
        const source = await readFile(path, "utf8");
        const texts = new Map([...source.matchAll(TEXT)].map(([, name, text]) => [name, text]));
        const contents = source
          .replaceAll(ERROR_OF_SERVICE, (code, error) =>
            KNOWN_ERRORS.includes(error) ? code : `export var ${error}$ = [];`,
          )
          .replaceAll(COMPUTED_KEY, (code, name) => (texts.has(name) ? `${texts.get(name)}: ` : code));
        return { contents, loader: "js" };
      },
    );
  },
};

/** @type {import("esbuild").Plugin[]} */
export default [
  builtinsAsTheyAre,
  versionAlone,
  schemasThatAreUsed,
  ...LEFT_OUT.map(({ file, stub }) => ({
    name: `leave out ${file}`,
    setup(build) {
      build.onLoad({ filter: new RegExp(`/node_modules/${escaped(file)}$`) }, () => ({
        contents: stub,
        loader: "js",
      }));
    },
  })),
];

import { readFile } from "node:fs/promises";

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
  // Of hashes in JavaScript, since Node has them of its own; and of answers that go on for ever, since nobody asks for one.
  {
    file: "@smithy/core/dist-es/submodules/checksum/sha256/Sha256Js.js",
    stub: "export const Sha256Js = undefined;",
  },
  { file: "@smithy/core/dist-es/submodules/checksum/md5/Md5Js.js", stub: "export const Md5Js = undefined;" },
  { file: "@smithy/core/dist-es/submodules/event-streams/index.js", stub: "export {};" },
];

const escaped = (path) => path.replaceAll(/[.]/g, "\\.");

/**
 * Whoever imports node:http, as all of us and the SDK do, reads every name it has, and for WebSocket's Node loads its own
 * copy of undici. Who asks for the module itself reads only what is used.
 * @type {import("esbuild").Plugin}
 */
const httpWithoutWebSocket = {
  name: "node:http without WebSocket",
  setup(build) {
    build.onResolve({ filter: /^(node:)?http$/ }, () => ({
      path: "node:http",
      namespace: "without-websocket",
    }));
    build.onLoad({ filter: /./, namespace: "without-websocket" }, () => ({
      contents: 'module.exports = process.getBuiltinModule("node:http");',
      loader: "js",
    }));
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

/**
 * A client's generated schemas register a class and a schema for each error its service knows, which keeps them all in
 * the package: a third of it. An error without a class of its own is one of the service's base class, under its name.
 * @type {import("esbuild").Plugin}
 */
const errorsByName = {
  name: "errors of AWS services by name",
  setup(build) {
    build.onLoad(
      { filter: /\/@aws-sdk\/client-[a-z]+\/dist-es\/schemas\/schemas_0\.js$/ },
      async ({ path }) => {
        const source = await readFile(path, "utf8");
        const contents = source.replaceAll(ERROR_OF_SERVICE, (code, error) =>
          KNOWN_ERRORS.includes(error) ? code : `export var ${error}$ = [];`,
        );
        return { contents, loader: "js" };
      },
    );
  },
};

/** @type {import("esbuild").Plugin[]} */
export default [
  httpWithoutWebSocket,
  versionAlone,
  errorsByName,
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

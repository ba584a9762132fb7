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
    // It filters the input and output of every request for a logger that no client is given.
    file: "@aws-sdk/core/dist-es/submodules/client/middleware-logger/loggerMiddleware.js",
    stub: `export const loggerMiddleware = () => (next) => next;
      export const loggerMiddlewareOptions = {};
      export const getLoggerPlugin = () => ({ applyToStack() {} });`,
  },
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

/** @type {import("esbuild").Plugin[]} */
export default [
  httpWithoutWebSocket,
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

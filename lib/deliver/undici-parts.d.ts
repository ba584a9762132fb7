/**
 * undici's index loads a browser's worth of web standards; these two files of it are all this sender needs.
 * The package is pinned to one version and declares no `exports` that would forbid it.
 */
declare module "undici/lib/dispatcher/agent.js" {
  export { Agent as default } from "undici";
}

declare module "undici/lib/core/connect.js" {
  export { buildConnector as default } from "undici";
}

/** The floor takes of undici only what makes exchanges; its index would load a browser's worth of web standards. */
declare module "undici/lib/dispatcher/agent.js" {
  export { Agent as default } from "undici";
}

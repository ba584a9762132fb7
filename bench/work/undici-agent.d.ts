/**
 * The floor imports the file of undici's class `Agent` directly, because undici's main file loads many other modules.
 */
declare module "undici/lib/dispatcher/agent.js" {
  export { Agent as default } from "undici";
}

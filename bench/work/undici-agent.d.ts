/** The floor uses only undici's agent, because its index loads many web standards. */
declare module "undici/lib/dispatcher/agent.js" {
  export { Agent as default } from "undici";
}

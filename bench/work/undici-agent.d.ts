/** The floor imports only the file of undici's agent, because undici's index loads many other modules. */
declare module "undici/lib/dispatcher/agent.js" {
  export { Agent as default } from "undici";
}

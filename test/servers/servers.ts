import { readScriptArguments } from "../../local/ops/script-arguments.ts";
import { runUntilStopped, waitUntilAborted } from "../../local/stack/run-until-stopped.ts";
import { startServers } from "./start-servers.ts";

readScriptArguments(
  `Starts DynamoDB Local, ElasticMQ and moto, prints one line of JSON with their URLs, and runs until SIGTERM or Ctrl-C.

  npm run servers

Needs Java, Maven and Python. docs/operations.md describes the servers.
`,
  {},
);
await runUntilStopped(async (stopping, parts) => {
  const urls = await startServers(stopping, parts);
  process.stdout.write(`${JSON.stringify({ ready: true, ...urls })}\n`);
  await waitUntilAborted(stopping);
  return 0;
});

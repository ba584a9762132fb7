import { runUntilStopped, waitUntilAborted } from "../../local/stack/run-until-stopped.ts";
import { startServers } from "./start-servers.ts";

// `npm run servers` starts the servers, prints one line of JSON with their URLs, and runs until SIGTERM or Ctrl-C.
await runUntilStopped(async (stopping, parts) => {
  const urls = await startServers(stopping, parts);
  process.stdout.write(`${JSON.stringify({ ready: true, ...urls })}\n`);
  await waitUntilAborted(stopping);
  return 0;
});

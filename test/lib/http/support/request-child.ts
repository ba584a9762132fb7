import { createConnections } from "../../../../lib/http/connections.ts";
import { sendHttpRequest } from "../../../../lib/http/send-http-request.ts";

/** Sends a GET to the given URL. Prints the kind of the result, and the lifetime of the process in milliseconds. */
const { kind } = await sendHttpRequest({
  connections: createConnections(16_384),
  url: new URL(process.argv[2] ?? ""),
  method: "GET",
  headers: {},
  body: null,
  timeLimitMs: 5000,
  maxBytes: 1000,
});
const endedAt = performance.now();
process.on("exit", () => process.stdout.write(`${kind} ${Math.round(performance.now() - endedAt)}`));

import { openConnections } from "../../../../lib/http/connections.ts";
import { exchange } from "../../../../lib/http/exchange.ts";

/** Run with an address: asks it once, prints what came of it, and for how many milliseconds the process lived on. */
const { kind } = await exchange({
  connections: openConnections(16_384),
  url: new URL(process.argv[2] ?? ""),
  method: "GET",
  headers: {},
  body: null,
  deadlineMs: 5000,
  maxBytes: 1000,
});
const endedAt = performance.now();
process.on("exit", () => process.stdout.write(`${kind} ${Math.round(performance.now() - endedAt)}`));

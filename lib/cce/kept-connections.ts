import type { Instant } from "../domain/job.ts";
import { closeConnectionsWhenIdle, IDLE_MS, openConnections } from "../http/connections.ts";
import type { Connections } from "../http/exchange.ts";

/** A token of IAM takes up to 16 KiB in a header. */
const MAX_HEADER_BYTES = 65_536;

/** Answers the connections to use now: the same ones while they are in use, new ones after a pause. */
export function keepConnections(now: () => Instant): () => Connections {
  let kept: { readonly connections: Connections; usedAt: Instant } | null = null;
  return () => {
    const at = now();
    if (kept !== null && Math.abs(at - kept.usedAt) < IDLE_MS) {
      kept.usedAt = at;
      return kept.connections;
    }
    if (kept !== null) closeConnectionsWhenIdle(kept.connections);
    const connections = openConnections(MAX_HEADER_BYTES);
    kept = { connections, usedAt: at };
    return connections;
  };
}

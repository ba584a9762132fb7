import { IDLE_MS, leaveConnections, openConnections } from "../connections.ts";
import type { Connections } from "../exchange.ts";
import type { Instant } from "../job.ts";

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
    if (kept !== null) leaveConnections(kept.connections);
    const connections = openConnections(MAX_HEADER_BYTES);
    kept = { connections, usedAt: at };
    return connections;
  };
}

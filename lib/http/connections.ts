import { Agent as HttpAgent } from "node:http";
import { type AgentOptions, Agent as HttpsAgent } from "node:https";
import type { Instant } from "../domain/job.ts";

/** The agents that open and keep the sockets of exchanges. */
export interface Connections {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
  /** The limit of an answer's headers. */
  readonly maxHeaderBytes: number;
}

/** Servers and proxies close idle connections. A process that was frozen for longer would lose one request to each. */
export const MAX_IDLE_MS = 4000;

/** The time for one of a host's addresses before the next is tried. Node's 250 ms is too short for a distant host. */
const ADDRESS_TIMEOUT_MS = 2000;

/** Opens kept-alive connections, as many as are needed at once. Idle ones do not keep the process alive. */
export function openConnections(maxHeaderBytes: number, options: AgentOptions = {}): Connections {
  const kept = {
    keepAlive: true,
    timeout: MAX_IDLE_MS,
    autoSelectFamilyAttemptTimeout: ADDRESS_TIMEOUT_MS,
    ...options,
  };
  return {
    http: new HttpAgent(kept),
    // A resumed TLS session skips the check of the certificate, so no session is kept.
    https: new HttpsAgent({ ...kept, ALPNProtocols: ["http/1.1"], maxCachedSessions: 0 }),
    maxHeaderBytes,
  };
}

/**
 * Returns a function that returns the connections to use at an instant: the same while they are in use, new ones after
 * `MAX_IDLE_MS` without use.
 */
export function createConnectionCache<T extends Connections>(open: () => T): (now: Instant) => T {
  let current: T | null = null;
  let usedAt: Instant = 0;
  return (now) => {
    if (current !== null && Math.abs(now - usedAt) >= MAX_IDLE_MS) {
      closeConnectionsWhenIdle(current);
      current = null;
    }
    current ??= open();
    usedAt = now;
    return current;
  };
}

/** Closes idle connections at once, and each other connection at the end of its exchange. */
export function closeConnectionsWhenIdle(connections: Connections): void {
  for (const agent of [connections.http, connections.https]) agent.maxFreeSockets = 0;
  closeIdleConnections(connections);
}

/** Closes idle connections. When the server has closed one of them, it has most likely closed the others. */
export function closeIdleConnections({ http, https }: Connections): void {
  for (const agent of [http, https])
    for (const socket of Object.values(agent.freeSockets).flat()) socket?.destroy();
}

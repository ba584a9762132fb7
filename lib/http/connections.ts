import { Agent as HttpAgent } from "node:http";
import { type AgentOptions, Agent as HttpsAgent } from "node:https";
import { type Connections, closeIdle } from "./exchange.ts";

/**
 * Who is called, and what lies between, closes connections without use; a process that was frozen for longer finds
 * them dead, and would lose an exchange to each of them.
 */
export const IDLE_MS = 4000;

/**
 * For one of a host's addresses, before the next is tried: a handshake over any distance, and once more should its
 * first packet be lost. Node gives 250 ms, which a host on the other side of the world never meets.
 */
const ADDRESS_MS = 2000;

/**
 * Kept-alive connections of one's own, as many as are needed at once, each given up after `IDLE_MS` without use. An
 * idle one does not keep the process alive.
 */
export function openConnections(maxHeaderBytes: number, options: AgentOptions = {}): Connections {
  const kept = {
    keepAlive: true,
    timeout: IDLE_MS,
    autoSelectFamilyAttemptTimeout: ADDRESS_MS,
    ...options,
  };
  return {
    http: new HttpAgent(kept),
    // A resumed session is believed without its certificate being looked at again, so none is kept.
    https: new HttpsAgent({ ...kept, ALPNProtocols: ["http/1.1"], maxCachedSessions: 0 }),
    maxHeaderBytes,
  };
}

/** Closes what is idle at once, and what is in use when its exchange has ended. */
export function closeConnectionsWhenIdle(connections: Connections): void {
  for (const agent of [connections.http, connections.https]) agent.maxFreeSockets = 0;
  closeIdle(connections);
}

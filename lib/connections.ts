import { Agent as HttpAgent } from "node:http";
import { type AgentOptions, Agent as HttpsAgent } from "node:https";
import type { Connections } from "./exchange.ts";

/**
 * Who is called, and what lies between, closes connections without use; a process that was frozen for longer finds
 * them dead, and would lose an exchange to each of them.
 */
export const IDLE_MS = 4000;

/**
 * Kept-alive connections of one's own, as many as are needed at once, each given up after `IDLE_MS` without use. An
 * idle one does not keep the process alive.
 */
export function openConnections(maxHeaderBytes: number, options: AgentOptions = {}): Connections {
  const kept = { keepAlive: true, timeout: IDLE_MS, ...options };
  return {
    http: new HttpAgent(kept),
    // A resumed session is believed without its certificate being looked at again, so none is kept.
    https: new HttpsAgent({ ...kept, ALPNProtocols: ["http/1.1"], maxCachedSessions: 0 }),
    maxHeaderBytes,
  };
}

/** Closes what is idle at once, and what is in use when its exchange has ended. */
export function leaveConnections({ http, https }: Connections): void {
  for (const agent of [http, https]) {
    agent.maxFreeSockets = 0;
    for (const socket of Object.values(agent.freeSockets).flat()) socket?.destroy();
  }
}

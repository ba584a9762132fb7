import { Agent as HttpAgent } from "node:http";
import { type AgentOptions, Agent as HttpsAgent } from "node:https";
import { Socket } from "node:net";
import type { Instant } from "../domain/job.ts";
import type { OutgoingProxy } from "./outgoing-proxy.ts";

/** Agents of Node.js that open and reuse the sockets of HTTP requests. */
export interface Connections {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
  /** The maximum size of all headers of a response, in bytes. */
  readonly maxHeaderBytes: number;
}

/**
 * An idle connection is not used again after `MAX_IDLE_MS`. A server may close an idle connection. A request over a
 * closed connection is lost.
 */
export const MAX_IDLE_MS = 4000;

/**
 * The time limit for a connection to one address of a host. After `ADDRESS_TIMEOUT_MS`, Node.js tries the next address.
 * Node.js's default of 250 ms is too short for a distant host.
 */
const ADDRESS_TIMEOUT_MS = 2000;

/**
 * The change affects every later TLS connection of the process, also those of `fetch` and of the AWS SDK. Node.js
 * reads NODE_TLS_REJECT_UNAUTHORIZED for each connection.
 * @param env the environment of the process. The variable NODE_TLS_REJECT_UNAUTHORIZED is removed from the environment.
 */
export function unsetVariableThatDisablesCertificateChecks(env: Record<string, string | undefined>): void {
  delete env.NODE_TLS_REJECT_UNAUTHORIZED;
}

/**
 * Creates agents that reuse any number of connections. Idle connections do not keep the process running. With `proxy`,
 * TLS connections use the proxy.
 */
export function createConnections(
  maxHeaderBytes: number,
  options: AgentOptions = {},
  proxy: OutgoingProxy | null = null,
): Connections {
  const kept = {
    keepAlive: true,
    timeout: MAX_IDLE_MS,
    autoSelectFamilyAttemptTimeout: ADDRESS_TIMEOUT_MS,
    // Without this option, NODE_TLS_REJECT_UNAUTHORIZED could disable the check of certificates.
    rejectUnauthorized: true,
    ...options,
  };
  // No TLS sessions are stored, because a connection with a stored session skips the check of the certificate.
  const https = new HttpsAgent({ ...kept, ALPNProtocols: ["http/1.1"], maxCachedSessions: 0 });
  if (proxy !== null) makeAgentUseProxy(https, proxy);
  return { http: new HttpAgent(kept), https, maxHeaderBytes };
}

/** Makes an agent use a proxy for TLS connections, except to excluded hosts. */
export function makeAgentUseProxy(agent: HttpsAgent, proxy: OutgoingProxy): void {
  const connectDirectly = agent.createConnection.bind(agent);
  agent.createConnection = (options, done) => {
    // Without `checkServerIdentity`, Node.js itself checks whether the certificate belongs to the host.
    const { host, port, lookup, checkServerIdentity: _, ...tls } = options;
    if (host == null || !proxy.isUsedFor(host, Number(port))) return connectDirectly(options);
    const tunnel = { ...tls, host, port: Number(port), lookup, path: undefined };
    // The code for the proxy is loaded only when needed.
    import("./proxy-tunnel.ts")
      .then(({ openTlsTunnelOrThrow }) => openTlsTunnelOrThrow(proxy, tunnel))
      .then(
        (socket) => done?.(null, socket),
        // The type of the callback requires a socket. After an error, Node.js ignores the socket.
        (error: Error) => done?.(error, new Socket()),
      );
    return null;
  };
}

/**
 * Creates a function that returns the connections for the next request. If the connections were not used for
 * `MAX_IDLE_MS`, the function opens new connections.
 */
export function createConnectionCacheReopenedAfterIdle<T extends Connections>(
  open: () => T,
): (now: Instant) => T {
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

/** Closes idle connections immediately. Busy connections are closed after their request. */
export function closeConnectionsWhenIdle(connections: Connections): void {
  for (const agent of [connections.http, connections.https]) agent.maxFreeSockets = 0;
  closeIdleConnections(connections);
}

/** Closes all idle connections. If a server has closed one idle connection, it has probably closed all. */
export function closeIdleConnections({ http, https }: Connections): void {
  for (const agent of [http, https])
    for (const socket of Object.values(agent.freeSockets).flat()) socket?.destroy();
}

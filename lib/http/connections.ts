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
 * The service does not use a connection again that was idle for `MAX_IDLE_MS`. A server may close an idle connection at
 * any time, and a request over a closed connection is lost.
 */
export const MAX_IDLE_MS = 4000;

/**
 * The time limit for the attempt to connect to one IP address of a host. After `ADDRESS_TIMEOUT_MS`, Node.js tries the
 * next IP address of the host. Node.js's default of 250 ms is too short for a distant host.
 */
const ADDRESS_TIMEOUT_MS = 2000;

/**
 * Removes the variable NODE_TLS_REJECT_UNAUTHORIZED, which Node.js reads before each connection. After the call, all
 * TLS connections of the process check certificates, including connections of `fetch` and of the AWS SDK.
 * @param env the environment variables of the process
 */
export function unsetVariableThatDisablesCertificateChecks(env: Record<string, string | undefined>): void {
  delete env.NODE_TLS_REJECT_UNAUTHORIZED;
}

/**
 * Creates agents that keep connections open for later requests. The number of connections is not limited. Idle
 * connections do not keep the process running. If `proxy` is not null, TLS connections go through the proxy.
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
    // Without `rejectUnauthorized`, NODE_TLS_REJECT_UNAUTHORIZED could disable the check of certificates.
    rejectUnauthorized: true,
    ...options,
  };
  // The agent stores no TLS sessions. With a stored session, Node.js does not check the certificate again.
  const https = new HttpsAgent({ ...kept, ALPNProtocols: ["http/1.1"], maxCachedSessions: 0 });
  if (proxy !== null) makeAgentUseProxy(https, proxy);
  return { http: new HttpAgent(kept), https, maxHeaderBytes };
}

/** Changes an agent so that it opens TLS connections through a proxy. Connections to excluded hosts stay direct. */
export function makeAgentUseProxy(agent: HttpsAgent, proxy: OutgoingProxy): void {
  const connectDirectly = agent.createConnection.bind(agent);
  agent.createConnection = (options, done) => {
    // If the option `checkServerIdentity` is not set, Node.js checks whether the certificate belongs to the host.
    const { host, port, lookup, checkServerIdentity: _, ...tls } = options;
    if (host == null || !proxy.isUsedFor(host, Number(port))) return connectDirectly(options);
    const tunnel = { ...tls, host, port: Number(port), lookup, path: undefined };
    // The code for the proxy is loaded only when needed.
    import("./proxy-tunnel.ts")
      .then(({ openTlsTunnelOrThrow }) => openTlsTunnelOrThrow(proxy, tunnel))
      .then(
        (socket) => done?.(null, socket),
        // The type of `done` requires a socket even together with an error. Node.js ignores this socket.
        (error: Error) => done?.(error, new Socket()),
      );
    return null;
  };
}

/**
 * Creates a function that returns the connections for a request. After `MAX_IDLE_MS` without a call, the returned
 * function opens new connections.
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

/** Closes idle connections immediately. Connections with a running request close after the end of the request. */
export function closeConnectionsWhenIdle(connections: Connections): void {
  for (const agent of [connections.http, connections.https]) agent.maxFreeSockets = 0;
  closeIdleConnections(connections);
}

/**
 * Closes all connections that have no running request. Call this after a server has closed one idle connection, because
 * the server has probably closed all of them.
 */
export function closeIdleConnections({ http, https }: Connections): void {
  for (const agent of [http, https])
    for (const socket of Object.values(agent.freeSockets).flat()) socket?.destroy();
}

import { Agent as HttpAgent } from "node:http";
import { type AgentOptions, Agent as HttpsAgent } from "node:https";
import { Socket } from "node:net";
import type { Instant } from "../domain/job.ts";
import type { OutgoingProxy } from "./outgoing-proxy.ts";

/** The agents of Node.js that open and reuse the sockets of HTTP requests. */
export interface Connections {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
  /** The maximum size of all headers of a response, in bytes. */
  readonly maxHeaderBytes: number;
}

/**
 * The time after which the service does not use an idle connection again. Servers and proxies close idle connections,
 * and a request over a closed connection is lost.
 */
export const MAX_IDLE_MS = 4000;

/**
 * The time limit for a connection to one address of a host. After two seconds, Node.js tries to connect to the next
 * address of the host. The default time limit in Node.js, 250 ms, is too short for a distant host.
 */
const ADDRESS_TIMEOUT_MS = 2000;

/**
 * Makes every later TLS connection of the process check certificates, including the connections of `fetch` and of the
 * AWS SDK. Node.js reads the variable NODE_TLS_REJECT_UNAUTHORIZED again for each connection.
 * @param env the environment of the process. Removes the variable NODE_TLS_REJECT_UNAUTHORIZED from `env`.
 */
export function enforceCertificateChecks(env: Record<string, string | undefined>): void {
  delete env.NODE_TLS_REJECT_UNAUTHORIZED;
}

/**
 * Creates agents that reuse any number of connections. Idle connections do not keep the process running. With `proxy`,
 * TLS connections go through the proxy.
 */
export function openConnections(
  maxHeaderBytes: number,
  options: AgentOptions = {},
  proxy: OutgoingProxy | null = null,
): Connections {
  const kept = {
    keepAlive: true,
    timeout: MAX_IDLE_MS,
    autoSelectFamilyAttemptTimeout: ADDRESS_TIMEOUT_MS,
    // Without `rejectUnauthorized`, the environment variable NODE_TLS_REJECT_UNAUTHORIZED can disable the check of
    // certificates.
    rejectUnauthorized: true,
    ...options,
  };
  // The agent stores no TLS session, because a later TLS connection that uses a stored session skips the check of the
  // certificate.
  const https = new HttpsAgent({ ...kept, ALPNProtocols: ["http/1.1"], maxCachedSessions: 0 });
  if (proxy !== null) makeAgentUseProxy(https, proxy);
  return { http: new HttpAgent(kept), https, maxHeaderBytes };
}

/** Makes an agent open its TLS connections through a proxy, except to the hosts that the proxy settings exclude. */
export function makeAgentUseProxy(agent: HttpsAgent, proxy: OutgoingProxy): void {
  const connectDirectly = agent.createConnection.bind(agent);
  agent.createConnection = (options, done) => {
    // `checkServerIdentity` is removed, so that Node.js itself checks whether the certificate belongs to the host.
    const { host, port, lookup, checkServerIdentity: _, ...tls } = options;
    if (host == null || !proxy.isUsedFor(host, Number(port))) return connectDirectly(options);
    const tunnel = { ...tls, host, port: Number(port), lookup, path: undefined };
    // The code for the proxy is loaded only when it is needed, because most services need no proxy.
    import("./proxy-tunnel.ts")
      .then(({ openTlsTunnel }) => openTlsTunnel(proxy, tunnel))
      .then(
        (socket) => done?.(null, socket),
        // The type of the callback requires a socket, but Node.js ignores the socket if the callback gets an error.
        (error: Error) => done?.(error, new Socket()),
      );
    return null;
  };
}

/**
 * Creates a function that takes the current time and returns the network connections for the next request. Opens new
 * connections if the old connections were not used for `MAX_IDLE_MS`.
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

/** Closes idle connections immediately. Closes each busy connection after the current request. */
export function closeConnectionsWhenIdle(connections: Connections): void {
  for (const agent of [connections.http, connections.https]) agent.maxFreeSockets = 0;
  closeIdleConnections(connections);
}

/**
 * Closes all idle connections. A server that has closed one idle connection has probably closed all idle connections.
 */
export function closeIdleConnections({ http, https }: Connections): void {
  for (const agent of [http, https])
    for (const socket of Object.values(agent.freeSockets).flat()) socket?.destroy();
}

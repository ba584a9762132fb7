import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import type { Duplex } from "node:stream";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import type { OutgoingProxy } from "./outgoing-proxy.ts";

/** The time limit for the response of the proxy to the request CONNECT. */
const TUNNEL_TIME_LIMIT_MS = 10_000;

/** The proxy refused the connection or did not respond. The error contains no address and no password. */
class ProxyError extends Error {
  override readonly name = "ProxyError";
  readonly code: string;

  constructor(code: string, cause?: unknown) {
    super(`the proxy did not open the connection (${code})`, { cause });
    this.code = code;
  }
}

/** The options for a TLS connection through a proxy. */
interface TunnelOptions extends ConnectionOptions {
  readonly host: string;
  readonly port: number;
  /** Resolves the host name and checks the addresses. If `lookup` is undefined, the proxy resolves the host name. */
  readonly lookup: LookupFunction | undefined;
}

/**
 * Opens a TLS connection to a host through a proxy (CONNECT, RFC 9110, section 9.3.6). The function checks the
 * certificate of the host in the same way as without a proxy.
 * @throws ProxyError, or the error of `lookup`
 */
export async function openTlsTunnelOrThrow(proxy: OutgoingProxy, options: TunnelOptions): Promise<TLSSocket> {
  const { host, port, lookup, ...tlsOptions } = options;
  const address = lookup === undefined || isIP(host) !== 0 ? host : await resolve(host, lookup);
  const socket = await connectThrough(proxy, `${address.includes(":") ? `[${address}]` : address}:${port}`);
  return connect({ ...tlsOptions, host, socket });
}

function resolve(host: string, lookup: LookupFunction): Promise<string> {
  return new Promise((resolved, reject) => {
    lookup(host, {}, (error, address) => {
      if (error !== null) reject(error);
      else if (typeof address === "string") resolved(address);
    });
  });
}

function connectThrough(proxy: OutgoingProxy, authority: string): Promise<Duplex> {
  const { protocol, host, port, authorization } = proxy;
  const headers = {
    host: authority,
    ...(authorization !== null && { "proxy-authorization": authorization.reveal() }),
  };
  const start = protocol === "https:" ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = start({
      host,
      port,
      method: "CONNECT",
      path: authority,
      headers,
      agent: false,
      rejectUnauthorized: true,
    });
    const timer = setTimeout(() => request.destroy(new ProxyError("PROXY_TIMEOUT")), TUNNEL_TIME_LIMIT_MS);
    request.on("connect", ({ statusCode = 0 }, socket, head) => {
      clearTimeout(timer);
      if (statusCode >= 200 && statusCode < 300) {
        if (head.length > 0) socket.unshift(head);
        return resolve(socket);
      }
      socket.destroy();
      reject(new ProxyError(statusCode === 407 ? "PROXY_AUTHENTICATION" : "PROXY_REFUSED"));
    });
    request.on("error", (error) => {
      clearTimeout(timer);
      reject(error instanceof ProxyError ? error : new ProxyError("PROXY_UNREACHABLE", error));
    });
    request.end();
  });
}

import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** An HTTP server that only this machine can reach. */
export interface LocalServer {
  /** The URL of the local server, without a slash at the end. */
  readonly url: string;
  /** Closes the server and all connections to the server. */
  stop(): Promise<void>;
}

/** The host names of this machine itself, with any port. */
const OWN_HOST = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(:\d+)?$/i;

/**
 * Returns true if every host name in a request is a name of this machine. A request may contain several `Host` headers.
 * A request may also contain an absolute URL, and then the host in the URL counts (RFC 9112, section 3.2.2).
 */
function isForThisMachine({ url = "", headersDistinct }: IncomingMessage): boolean {
  const { host: names = [] } = headersDistinct;
  const target = url.startsWith("/") ? [] : [URL.parse(url)?.host ?? ""];
  return names.length > 0 && [...names, ...target].every((name) => OWN_HOST.test(name));
}

/**
 * Makes an HTTP server accept only requests to a host name of this machine. A request to another host name gets the
 * status 421. The check prevents DNS rebinding: without it, web pages of other sites could send requests to this
 * machine.
 */
export function refuseOtherHosts(server: Server): void {
  const listeners = server.listeners("request");
  server.removeAllListeners("request").on("request", (request: IncomingMessage, response: ServerResponse) => {
    if (isForThisMachine(request)) {
      for (const listener of listeners) Reflect.apply(listener, server, [request, response]);
      return;
    }
    response.writeHead(421, { "content-type": "text/plain", connection: "close" });
    response.end("This server only answers requests to localhost and 127.0.0.1.\n");
  });
}

/**
 * Starts an HTTP server on 127.0.0.1, which answers only requests to a host name of this machine. For port 0, the
 * server uses any free port.
 * @param options.anyHost true if a tunnel or a proxy sends requests for other host names.
 * @throws Node's error if the port cannot be used.
 */
export async function listenLocally(
  server: Server,
  port = 0,
  { anyHost = false } = {},
): Promise<LocalServer> {
  if (!anyHost) refuseOtherHosts(server);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

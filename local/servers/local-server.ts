import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

/** An HTTP server that only this machine can reach. */
export interface LocalServer {
  /** The URL of the local server, without a slash at the end. */
  readonly url: string;
  /** Closes the server and all connections to the server. */
  stop(): Promise<void>;
}

/**
 * Starts an HTTP server on 127.0.0.1. For port 0, the server uses any free port.
 * @throws Node's error if the port cannot be used.
 */
export async function listenLocally(server: Server, port = 0): Promise<LocalServer> {
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

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/**
 * A receiver whose response contains the URL, the headers and the body of the request. The first part of the path is
 * the HTTP status of the response.
 */
export interface EchoReceiver {
  readonly url: string;
  stop(): Promise<void>;
}

export async function startEchoReceiver(): Promise<EchoReceiver> {
  const server = createServer(async (request, response) => {
    const status = Number(/^\/(\d{3})\//.exec(request.url ?? "")?.[1] ?? 500);
    const received = [request.url, ...request.rawHeaders, await text(request)];
    response.writeHead(status, { "content-type": "text/plain", location: request.url ?? "" });
    response.end(`${JSON.stringify(received)}\n${received.join("\n")}`);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

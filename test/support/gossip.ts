import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** A receiver that tells everything it was sent in its answer, in the status the path's first segment asks for. */
export interface Gossip {
  readonly url: string;
  stop(): Promise<void>;
}

export async function startGossip(): Promise<Gossip> {
  const server = createServer(async (request, response) => {
    const status = Number(/^\/(\d{3})\//.exec(request.url ?? "")?.[1] ?? 500);
    const told = [request.url, ...request.rawHeaders, await text(request)];
    response.writeHead(status, { "content-type": "text/plain", location: request.url ?? "" });
    response.end(`${JSON.stringify(told)}\n${told.join("\n")}`);
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

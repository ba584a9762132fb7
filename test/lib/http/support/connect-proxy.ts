import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";

export interface ConnectProxy {
  readonly url: string;
  /** The host and port of each CONNECT request, with the header Proxy-Authorization if the request has one. */
  readonly tunnels: string[];
  close(): Promise<void>;
}

/**
 * Starts an HTTP proxy that opens every tunnel to this machine, whatever the host is.
 * @param status a status other than 200 refuses the tunnel. The status 0 gives no answer.
 */
export async function startConnectProxy(status = 200): Promise<ConnectProxy> {
  const tunnels: string[] = [];
  const sockets: Socket[] = [];
  const server = createServer((_, response) => response.writeHead(400).end("not a proxy request"));
  server.on("connect", ({ url = "", headers }, client: Socket, head: Buffer) => {
    sockets.push(client);
    client.on("error", () => client.destroy());
    tunnels.push([url, headers["proxy-authorization"] ?? []].flat().join(" "));
    if (status === 0) return;
    if (status !== 200) return void client.end(`HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n`);
    const upstream = connect(Number(/:(\d+)$/.exec(url)?.[1]), "127.0.0.1", () => {
      client.write("HTTP/1.1 200 OK\r\n\r\n");
      upstream.write(head);
      client.pipe(upstream).pipe(client);
    });
    sockets.push(upstream);
    upstream.on("error", () => client.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tunnels,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

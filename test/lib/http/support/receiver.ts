import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import {
  type AddressInfo,
  createServer as createTcpServer,
  type Socket,
  type Server as TcpServer,
} from "node:net";

const fixture = (name: string): string =>
  readFileSync(new URL(`../../../fixtures/tls/${name}`, import.meta.url), "utf8");

export const authority = fixture("authority.crt");

export interface Received {
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface Receiver {
  readonly port: number;
  readonly received: Received[];
  /** The number of sockets that were opened. */
  readonly connections: () => number;
  close(): Promise<void>;
}

/** Answers a request after the whole body was read. */
export type Answering = (request: Received, response: Parameters<RequestListener>[1]) => void;

/** Starts an HTTP receiver on a separate port. The receiver records all requests. */
export const startReceiver = (answer: Answering, host = "127.0.0.1"): Promise<Receiver> =>
  listening((listener) => createServer(listener), answer, host);

/** Starts an HTTPS receiver on a separate port. The tests' certificate authority signed the receiver's certificate. */
export const startTlsReceiver = (answer: Answering, certificate: "receiver" | "expired"): Promise<Receiver> =>
  listening(
    (listener) =>
      createTlsServer({ cert: fixture(`${certificate}.crt`), key: fixture(`${certificate}.key`) }, listener),
    answer,
    "127.0.0.1",
  );

async function listening(
  create: (listener: RequestListener) => Server,
  answer: Answering,
  host: string,
): Promise<Receiver> {
  const received: Received[] = [];
  const server = create(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const arrived = {
      path: request.url ?? "",
      headers: request.headers,
      body: Buffer.concat(chunks).toString("utf8"),
    };
    received.push(arrived);
    answer(arrived, response);
  });
  const { port, sockets } = await open(server, host);
  return {
    port,
    received,
    connections: () => sockets.length,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** Starts a TCP server, for tests with a receiver that violates HTTP. */
export async function startTcp(serve: (socket: Socket) => void): Promise<Omit<Receiver, "received">> {
  const server = createTcpServer((socket) => {
    socket.on("error", () => socket.destroy());
    serve(socket);
  });
  const { port, sockets } = await open(server, "127.0.0.1");
  return {
    port,
    connections: () => sockets.length,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

async function open(server: TcpServer, host: string): Promise<{ port: number; sockets: Socket[] }> {
  const sockets: Socket[] = [];
  server.on("connection", (socket: Socket) => sockets.push(socket));
  server.listen(0, host);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { port, sockets };
}

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface StubAnswer {
  readonly status: number;
  /** Answered as JSON. */
  readonly body?: unknown;
  /** Answered as it is. */
  readonly text?: string;
}

/** A service that answers as a test says, over real HTTP, and keeps what it was asked: method, path and body. */
export interface StubService {
  readonly url: string;
  readonly asked: string[];
  stop(): Promise<void>;
}

/** @param answer undefined: the connection is closed without one. */
export async function startStubService(
  answer: (asked: string, body: string) => StubAnswer | undefined,
): Promise<StubService> {
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    const call = `${request.method} ${request.url}`;
    const sent = await text(request);
    asked.push(call);
    const told = answer(call, sent);
    if (told === undefined) request.socket.destroy();
    else {
      response.writeHead(told.status, { "content-type": "application/json" });
      response.end(told.body === undefined ? (told.text ?? "") : JSON.stringify(told.body));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    asked,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

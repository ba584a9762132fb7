import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface StubAnswer {
  readonly status: number;
  /** The body of the response as JSON. */
  readonly body?: unknown;
  /** The body of the response as text. */
  readonly text?: string;
}

/** An HTTP server that replaces the service. A test chooses its responses. */
export interface StubService {
  readonly url: string;
  /** The method and the path of every request. */
  readonly requests: string[];
  stop(): Promise<void>;
}

/** @param answer returns the answer to a request. The value `undefined` closes the connection without an answer. */
export async function startStubService(
  answer: (request: string, body: string) => StubAnswer | undefined,
): Promise<StubService> {
  const requests: string[] = [];
  const server = createServer(async (request, response) => {
    const name = `${request.method} ${request.url}`;
    const body = await text(request);
    requests.push(name);
    const chosen = answer(name, body);
    if (chosen === undefined) request.socket.destroy();
    else {
      response.writeHead(chosen.status, { "content-type": "application/json" });
      response.end(chosen.body === undefined ? (chosen.text ?? "") : JSON.stringify(chosen.body));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    requests,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

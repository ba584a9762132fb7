import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

/**
 * Starts a Lambda Runtime API that shares no code with the embedded stack. It sends the given events one by one, and
 * records the requests of the runtime.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
export async function startRecorder(events: readonly unknown[]) {
  const requests: RecordedRequest[] = [];
  const open = new Set<ServerResponse>();
  const waiting: { count: number; resolve: () => void }[] = [];
  let sent = 0;
  const server = createServer(async (request, response) => {
    const body = await text(request);
    requests.push({ method: request.method ?? "", path: request.url ?? "", body });
    for (const { count, resolve } of waiting) if (requests.length >= count) resolve();
    if (!request.url?.endsWith("/next")) {
      response.writeHead(202, { "content-type": "application/json" }).end('{"status":"OK"}');
      return;
    }
    if (sent >= events.length) {
      open.add(response);
      return;
    }
    const event = JSON.stringify(events[sent]);
    sent += 1;
    response
      .writeHead(200, {
        "content-type": "application/json",
        "lambda-runtime-aws-request-id": `request-${sent}`,
        "lambda-runtime-deadline-ms": String(Date.now() + 29_000),
        "lambda-runtime-invoked-function-arn": "arn:aws:lambda:eu-central-1:000000000000:function:f",
        "lambda-runtime-trace-id": "Root=1-0-0",
      })
      .end(event);
  });
  // A function may send nothing for longer than the time after which Node.js closes an idle connection.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Waits for `count` requests and returns them. */
    async first(count: number): Promise<readonly RecordedRequest[]> {
      if (requests.length < count) await new Promise<void>((resolve) => waiting.push({ count, resolve }));
      return requests.slice(0, count);
    },
    async stop() {
      for (const response of open) response.destroy();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

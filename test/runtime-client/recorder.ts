import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

/**
 * The Runtime API as its reference describes it, in the fewest lines, and nothing of the embedded stack's: hands out
 * the given events one by one, and records what a runtime asks.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
export async function startRecorder(events: readonly unknown[]) {
  const asked: Asked[] = [];
  const open = new Set<ServerResponse>();
  const waiting: { count: number; resolve: () => void }[] = [];
  let given = 0;
  const server = createServer(async (request, response) => {
    const body = await text(request);
    asked.push({ method: request.method ?? "", path: request.url ?? "", body });
    for (const { count, resolve } of waiting) if (asked.length >= count) resolve();
    if (!request.url?.endsWith("/next")) {
      response.writeHead(202, { "content-type": "application/json" }).end('{"status":"OK"}');
      return;
    }
    if (given >= events.length) {
      open.add(response);
      return;
    }
    const event = JSON.stringify(events[given]);
    given += 1;
    response
      .writeHead(200, {
        "content-type": "application/json",
        "lambda-runtime-aws-request-id": `request-${given}`,
        "lambda-runtime-deadline-ms": String(Date.now() + 29_000),
        "lambda-runtime-invoked-function-arn": "arn:aws:lambda:eu-central-1:000000000000:function:f",
        "lambda-runtime-trace-id": "Root=1-0-0",
      })
      .end(event);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Waits until so much has been asked, and answers it. */
    async first(count: number): Promise<readonly Asked[]> {
      if (asked.length < count) await new Promise<void>((resolve) => waiting.push({ count, resolve }));
      return asked.slice(0, count);
    },
    async stop() {
      for (const response of open) response.destroy();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { FunctionHost } from "../lambda/function-host.ts";

/**
 * Starts the server with which tests and people reach the functions themselves, by the names they have in
 * serverless.yml: `POST /invoke/{function}` with an event answers `{"result"}` or `{"error"}`;
 * `POST /kill/{function}` ends its processes with SIGKILL and answers `{"killed"}`; `GET /functions` lists them.
 */
export async function startControl(hosts: ReadonlyMap<string, FunctionHost>): Promise<{
  url: string;
  stop(): Promise<void>;
}> {
  const server = createServer((request, response) => {
    answer(hosts, request)
      .catch((error: unknown): [number, unknown] => [400, { error: { errorMessage: String(error) } }])
      .then(([status, body]) => send(response, status, body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  hosts: ReadonlyMap<string, FunctionHost>,
  request: IncomingMessage,
): Promise<[status: number, body: unknown]> {
  const [, verb = "", name = ""] = (request.url ?? "").split("/");
  if (request.method === "GET" && verb === "functions")
    return [200, Object.fromEntries([...hosts].map(([short, { pids }]) => [short, { pids }]))];
  const host = hosts.get(name);
  if (request.method !== "POST" || (verb !== "invoke" && verb !== "kill"))
    return [
      404,
      { error: { errorMessage: "there are POST /invoke/{function}, POST /kill/{function}, GET /functions" } },
    ];
  if (!host)
    return [
      404,
      { error: { errorMessage: `there is no function ${name}; there are ${[...hosts.keys()].join(", ")}` } },
    ];
  if (verb === "kill") return [200, { killed: await host.kill() }];
  const body = await text(request);
  const invoked = await host.invoke(body === "" ? {} : JSON.parse(body));
  return [200, invoked.kind === "result" ? { result: invoked.result } : { error: invoked.error }];
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

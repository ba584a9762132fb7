import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import * as z from "zod";
import { parseJsonOrUndefined } from "../../lib/domain/json.ts";
import type { FunctionHost } from "../lambda/function-host.ts";
import { type LocalServer, listenLocally } from "../servers/local-server.ts";

const Deployment = z.strictObject({ packageDir: z.string() });

interface JsonResponse {
  readonly status: number;
  readonly body: unknown;
}

const errorResponse = (status: number, errorMessage: string): JsonResponse => ({
  status,
  body: { error: { errorMessage } },
});

/**
 * Starts the control server. Tests and people can invoke or stop each Lambda function through the control server. Each
 * request to the control server needs the header `Authorization: Bearer KEY` with the control key. In the paths below,
 * `{function}` is the name of a function in serverless.yml.
 * - `POST /invoke/{function}` with an event invokes the function and returns `{"result"}` or `{"error"}`.
 * - `POST /kill/{function}` ends the function's processes with SIGKILL and returns `{"killed"}`.
 * - `GET /functions` returns the process IDs of each function.
 * - `POST /deploy` with `{"packageDir"}` replaces the code of all functions by the code of another package of the
 *   service.
 */
export async function startControlServer(
  hosts: ReadonlyMap<string, FunctionHost>,
  deploy: (packageDir: string) => Promise<void>,
  key: string,
): Promise<LocalServer> {
  const server = createServer(async (request, response) => {
    if (!hasKey(request, key)) {
      const { body } = errorResponse(
        401,
        "Authentication required: send 'Authorization: Bearer CONTROL_KEY'.",
      );
      response.writeHead(401, { "content-type": "application/json", "www-authenticate": "Bearer" });
      response.end(JSON.stringify(body));
      return;
    }
    const { status, body } = await handle(hosts, deploy, request).catch((error: unknown) =>
      errorResponse(400, String(error)),
    );
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  });
  return listenLocally(server);
}

/** `timingSafeEqual` needs inputs of equal length, so the function compares hashes. */
function hasKey({ headers }: IncomingMessage, key: string): boolean {
  const hash = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(headers.authorization ?? ""), hash(`Bearer ${key}`));
}

async function handle(
  hosts: ReadonlyMap<string, FunctionHost>,
  deploy: (packageDir: string) => Promise<void>,
  request: IncomingMessage,
): Promise<JsonResponse> {
  const [, action = "", name = ""] = (request.url ?? "").split("/");
  if (request.method === "GET" && action === "functions") {
    const functions = [...hosts].map(([shortName, { pids }]) => [shortName, { pids }]);
    return { status: 200, body: Object.fromEntries(functions) };
  }
  if (request.method === "POST" && action === "deploy") {
    await deploy(Deployment.parse(parseJsonOrUndefined(await text(request))).packageDir);
    return { status: 200, body: {} };
  }
  if (request.method !== "POST" || (action !== "invoke" && action !== "kill"))
    return errorResponse(
      404,
      "Not found. Use POST /invoke/{function}, POST /kill/{function}, POST /deploy or GET /functions.",
    );
  const host = hosts.get(name);
  if (!host)
    return errorResponse(404, `Unknown function '${name}'. Functions: ${[...hosts.keys()].join(", ")}.`);
  if (action === "kill") return { status: 200, body: { killed: await host.kill() } };
  const body = await text(request);
  const invocation = await host.invoke(body === "" ? {} : JSON.parse(body));
  switch (invocation.kind) {
    case "result":
      return { status: 200, body: { result: invocation.result } };
    case "error":
      return { status: 200, body: { error: invocation.error } };
    case "throttled":
      return {
        status: 429,
        body: { error: { errorType: "TooManyRequestsException", errorMessage: "Rate Exceeded." } },
      };
    default:
      return invocation satisfies never;
  }
}

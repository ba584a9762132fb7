import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { FunctionHost } from "../lambda/function-host.ts";
import { gatewayAnswer, type HttpAnswer, httpAnswer } from "./http-answer.ts";
import { httpEvent } from "./http-event.ts";
import { createRouter } from "./router.ts";

/** API Gateway's limit for the body of a request to an HTTP API. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;

export interface GatewayRoute {
  readonly routeKey: string;
  readonly timeoutMs: number;
  readonly host: FunctionHost;
}

export class PortTakenError extends Error {
  override name = "PortTakenError";

  constructor(port: number, options: ErrorOptions) {
    super(`port ${port} is taken: end what listens there, or set PORT (0: any)`, options);
  }
}

/** An HTTP API. It takes its address before it knows its routes, because functions are told that address. */
export class Gateway {
  readonly #server: Server;
  #find: ReturnType<typeof createRouter<GatewayRoute>> = () => null;

  constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  /** Listens on `port` of this machine (0: any) and answers its origin. Throws `PortTakenError`. */
  async listen(port: number): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject).listen(port, "127.0.0.1", resolve);
    }).catch((cause: NodeJS.ErrnoException) => {
      throw cause.code === "EADDRINUSE" ? new PortTakenError(port, { cause }) : cause;
    });
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  serve(routes: readonly GatewayRoute[]): void {
    this.#find = createRouter(routes);
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    if (body === null) {
      send(response.setHeader("connection", "close"), gatewayAnswer(413, "Request Entity Too Large"));
      return;
    }
    const [rawPath = "/"] = (request.url ?? "/").split("?");
    const found = this.#find(request.method ?? "GET", rawPath);
    if (!found) {
      send(response, gatewayAnswer(404, "Not Found"));
      return;
    }
    const { route, pathParameters } = found;
    const { routeKey, timeoutMs, host } = route;
    const event = httpEvent({ request, body, routeKey, pathParameters, at: new Date() });
    send(response, await within(timeoutMs, host.invoke(event).then(httpAnswer)));
  }
}

/** Reads a body, or answers null as soon as it is too large. */
async function readBody(request: IncomingMessage): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const part = Buffer.from(chunk);
    bytes += part.length;
    if (bytes > MAX_BODY_BYTES) return null;
    chunks.push(part);
  }
  return Buffer.concat(chunks);
}

async function within(timeoutMs: number, answer: Promise<HttpAnswer>): Promise<HttpAnswer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<HttpAnswer>((resolve) => {
    timer = setTimeout(() => resolve(gatewayAnswer(504, "Gateway Timeout")), timeoutMs);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

function send(response: ServerResponse, { status, headers, body }: HttpAnswer): void {
  const bodiless = status === 204 || status === 304;
  response.writeHead(status, { ...headers, ...(!bodiless && { "content-length": body.length }) });
  response.end(bodiless ? undefined : body);
}

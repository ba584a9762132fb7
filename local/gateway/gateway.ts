import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { FunctionHost } from "../lambda/function-host.ts";
import { type LocalServer, listenLocally } from "../servers/local-server.ts";
import { createHttpEvent } from "./http-event.ts";
import {
  createGatewayResponse,
  createHttpResponse,
  createServiceUnavailableResponse,
  type HttpResponse,
} from "./http-response.ts";
import { createRouter } from "./router.ts";

/** The largest size of a request body that an HTTP API of API Gateway accepts. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;
/** The largest size in bytes of a request line with all headers. */
const MAX_HEADER_BYTES = 10_240;

interface GatewayRoute {
  readonly routeKey: string;
  readonly timeoutMs: number;
  readonly host: Pick<FunctionHost, "invoke">;
}

export class PortInUseError extends Error {
  override name = "PortInUseError";

  constructor(port: number, options: ErrorOptions) {
    super(`port ${port} is in use: stop the other program, or set PORT to another port (0: any)`, options);
  }
}

/**
 * A local HTTP API that replaces API Gateway. The functions need the URL of the HTTP API in an environment variable, so
 * the HTTP API starts before the functions. The HTTP API gets its routes after its start.
 */
export class Gateway {
  readonly #server: Server;
  #listening: LocalServer | null = null;
  #findRoute: ReturnType<typeof createRouter<GatewayRoute>> = () => null;

  constructor() {
    this.#server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => {
      this.#handle(request, response).catch(() => response.destroy());
    });
    this.#server.on("clientError", refuseMalformed);
  }

  /**
   * Starts to listen on a port of this machine, and returns the URL of the HTTP API. For port 0, the HTTP API uses any
   * free port.
   * @throws PortInUseError
   */
  async listen(port: number): Promise<string> {
    this.#listening = await listenLocally(this.#server, port).catch((cause: NodeJS.ErrnoException) => {
      throw cause.code === "EADDRINUSE" ? new PortInUseError(port, { cause }) : cause;
    });
    return this.#listening.url;
  }

  setRoutes(routes: readonly GatewayRoute[]): void {
    this.#findRoute = createRouter(routes);
  }

  async stop(): Promise<void> {
    await this.#listening?.stop();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    if (body === null) {
      send(response.setHeader("connection", "close"), createGatewayResponse(413, "Request Entity Too Large"));
      return;
    }
    const [encodedPath = "/"] = (request.url ?? "/").split("?");
    const rawPath = decodePath(encodedPath);
    if (rawPath === null) {
      send(response, createGatewayResponse(400, "Bad Request"));
      return;
    }
    const match = this.#findRoute(request.method ?? "GET", encodedPath);
    if (!match) {
      send(response, createGatewayResponse(404, "Not Found"));
      return;
    }
    const { route, pathParameters } = match;
    const event = createHttpEvent({
      request,
      rawPath,
      body,
      routeKey: route.routeKey,
      pathParameters,
      at: new Date(),
    });
    send(response, await withTimeout(route.timeoutMs, route.host.invoke(event).then(createHttpResponse)));
  }
}

/** Answers a request that Node.js cannot parse, and closes its connection. */
function refuseMalformed(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || error.code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const [status, text] =
    error.code === "HPE_HEADER_OVERFLOW" ? [431, "Request Header Fields Too Large"] : [400, "Bad Request"];
  const { headers, body } = createGatewayResponse(Number(status), String(text));
  const head = [`HTTP/1.1 ${status} ${text}`, "connection: close", `content-length: ${body.length}`];
  const lines = [...head, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)];
  socket.end(`${lines.join("\r\n")}\r\n\r\n${body}`);
}

/**
 * Decodes the percent-encoding of a path, as API Gateway does, or returns null if the percent-encoding is malformed.
 */
function decodePath(encodedPath: string): string | null {
  try {
    return decodeURIComponent(encodedPath);
  } catch {
    return null;
  }
}

/** Reads the body of a request, or returns null if the body is too long. */
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

/**
 * Returns the response of the function, if the response arrives within `timeoutMs` milliseconds. If the response does
 * not arrive in time, the function continues, and the caller gets the status 503.
 */
async function withTimeout(timeoutMs: number, response: Promise<HttpResponse>): Promise<HttpResponse> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<HttpResponse>((resolve) => {
    timer = setTimeout(() => resolve(createServiceUnavailableResponse()), timeoutMs);
  });
  return Promise.race([response, timeout]).finally(() => clearTimeout(timer));
}

function send(response: ServerResponse, { status, headers, body }: HttpResponse): void {
  const hasNoBody = status === 204 || status === 304;
  response.writeHead(status, { ...headers, ...(!hasNoBody && { "content-length": body.length }) });
  response.end(hasNoBody ? undefined : body);
}

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { FunctionError, failed, type Invocation, type Invoked } from "./invocation.ts";

/** Lambda's limit for the answer to a synchronous invocation. */
const MAX_RESPONSE_BYTES = 6 * 1024 * 1024;
const BASE = "/2018-06-01/runtime";

/**
 * The Lambda Runtime API for one process: hands out one invocation at a time and takes its outcome.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
export class RuntimeApi {
  readonly #server: Server;
  #asking: ServerResponse | null = null;
  #waiting: Invocation | null = null;
  #running: Invocation | null = null;
  readonly #on: RuntimeListener;

  constructor(on: RuntimeListener) {
    this.#on = on;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
    this.#server.keepAliveTimeout = 0;
  }

  /** Starts to listen and answers what the process gets as `AWS_LAMBDA_RUNTIME_API`. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject).listen(0, "127.0.0.1", resolve);
    });
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Hands an invocation to the process as soon as it asks; only while it has no other. */
  hand(invocation: Invocation): void {
    this.#waiting = invocation;
    this.#pass();
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url?.startsWith(BASE) ? request.url.slice(BASE.length) : "";
    if (request.method === "GET" && path === "/invocation/next") {
      this.#asking = response;
      this.#on.ready();
      this.#pass();
      return;
    }
    const body = await text(request);
    const id = this.#running?.requestId;
    if (path === "/init/error") this.#on.initFailed(readError(body));
    else if (id !== undefined && path === `/invocation/${id}/response`) this.#finish(readResult(body));
    else if (id !== undefined && path === `/invocation/${id}/error`)
      this.#finish({ kind: "error", error: readError(body) });
    else {
      response.writeHead(404, { "content-type": "application/json" }).end('{"errorType":"NotFound"}');
      return;
    }
    response.writeHead(202, { "content-type": "application/json" }).end('{"status":"OK"}');
  }

  #pass(): void {
    if (!this.#asking || !this.#waiting) return;
    const invocation = this.#waiting;
    const deadlineMs = Date.now() + invocation.timeoutSeconds * 1000;
    this.#asking
      .writeHead(200, {
        "content-type": "application/json",
        "lambda-runtime-aws-request-id": invocation.requestId,
        "lambda-runtime-deadline-ms": String(deadlineMs),
        "lambda-runtime-invoked-function-arn": invocation.functionArn,
        "lambda-runtime-trace-id": invocation.traceId,
      })
      .end(JSON.stringify(invocation.event ?? null));
    [this.#asking, this.#waiting, this.#running] = [null, null, invocation];
    this.#on.started();
  }

  #finish(invoked: Invoked): void {
    this.#running = null;
    this.#on.finished(invoked);
  }
}

export interface RuntimeListener {
  /** The process asks for an invocation: it has started, or has done the one before. */
  ready(): void;
  /** The invocation has reached the process: its time runs. */
  started(): void;
  finished(invoked: Invoked): void;
  initFailed(error: FunctionError): void;
}

function readResult(body: string): Invoked {
  if (Buffer.byteLength(body) > MAX_RESPONSE_BYTES)
    return failed("Function.ResponseSizeTooLarge", `the answer is larger than ${MAX_RESPONSE_BYTES} bytes`);
  return { kind: "result", result: JSON.parse(body) };
}

function readError(body: string): FunctionError {
  return FunctionError.parse(JSON.parse(body));
}

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import * as z from "zod";
import { listenLocally } from "../servers/local-server.ts";

/** The largest response of a function that Lambda accepts from a synchronous invocation. */
const MAX_RESPONSE_BYTES = 6 * 1024 * 1024;
const BASE_PATH = "/2018-06-01/runtime";

/** An error that a function reports to the Lambda Runtime API. */
const FunctionError = z.object({
  errorType: z.string(),
  errorMessage: z.string(),
  trace: z.array(z.string()).default([]),
});
type FunctionError = z.infer<typeof FunctionError>;

/**
 * The result of an invocation: the JSON value that the handler returned, or an error. `throttled` means that Lambda did
 * not run the function, because too many executions were running.
 */
export type InvocationResult =
  | { readonly kind: "result"; readonly result: unknown }
  | { readonly kind: "error"; readonly error: FunctionError }
  | { readonly kind: "throttled" };

export interface Invocation {
  readonly requestId: string;
  readonly traceId: string;
  readonly functionArn: string;
  readonly event: unknown;
  readonly timeoutSeconds: number;
}

export function createErrorResult(errorType: string, errorMessage: string): InvocationResult {
  return { kind: "error", error: { errorType, errorMessage, trace: [] } };
}

interface RuntimeListener {
  /** Called when the function's process asks for an invocation. */
  onReady(): void;
  /**
   * Called when the function's process has received the invocation. The time limit of the invocation starts when
   * `onStarted` is called.
   */
  onStarted(): void;
  onResult(result: InvocationResult): void;
  onInitError(error: FunctionError): void;
}

/**
 * A local server with the Lambda Runtime API for one process of a function. The server sends the next invocation to the
 * process only after the result of the previous one. https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
export class RuntimeApi {
  readonly #server = createServer((request, response) => {
    this.#handle(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  readonly #listener: RuntimeListener;
  /** The open HTTP request with which the function's process waits for the next invocation, or null. */
  #nextRequest: ServerResponse | null = null;
  #pending: Invocation | null = null;
  #running: Invocation | null = null;

  constructor(listener: RuntimeListener) {
    this.#listener = listener;
    this.#server.keepAliveTimeout = 0;
  }

  /** Starts the server and returns its host and port, for the environment variable `AWS_LAMBDA_RUNTIME_API`. */
  async listen(): Promise<string> {
    return new URL((await listenLocally(this.#server)).url).host;
  }

  /**
   * Sends an invocation to the function's process as soon as the process asks for an invocation. Each call of `invoke`
   * must wait for the result of the previous call.
   */
  invoke(invocation: Invocation): void {
    this.#pending = invocation;
    this.#sendPending();
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url?.startsWith(BASE_PATH) ? request.url.slice(BASE_PATH.length) : "";
    if (request.method === "GET" && path === "/invocation/next") {
      this.#nextRequest = response;
      this.#listener.onReady();
      this.#sendPending();
      return;
    }
    const body = await text(request);
    const id = this.#running?.requestId;
    if (path === "/init/error") this.#listener.onInitError(readError(body));
    else if (id !== undefined && path === `/invocation/${id}/response`) this.#finish(readResult(body));
    else if (id !== undefined && path === `/invocation/${id}/error`)
      this.#finish({ kind: "error", error: readError(body) });
    else {
      response.writeHead(404, { "content-type": "application/json" }).end('{"errorType":"NotFound"}');
      return;
    }
    response.writeHead(202, { "content-type": "application/json" }).end('{"status":"OK"}');
  }

  #sendPending(): void {
    if (!this.#nextRequest || !this.#pending) return;
    const { requestId, traceId, functionArn, event, timeoutSeconds } = this.#pending;
    this.#nextRequest
      .writeHead(200, {
        "content-type": "application/json",
        "lambda-runtime-aws-request-id": requestId,
        "lambda-runtime-deadline-ms": String(Date.now() + timeoutSeconds * 1000),
        "lambda-runtime-invoked-function-arn": functionArn,
        "lambda-runtime-trace-id": traceId,
      })
      .end(JSON.stringify(event ?? null));
    [this.#nextRequest, this.#pending, this.#running] = [null, null, this.#pending];
    this.#listener.onStarted();
  }

  #finish(result: InvocationResult): void {
    this.#running = null;
    this.#listener.onResult(result);
  }
}

function readResult(body: string): InvocationResult {
  if (Buffer.byteLength(body) > MAX_RESPONSE_BYTES)
    return createErrorResult(
      "Function.ResponseSizeTooLarge",
      `the response is longer than ${MAX_RESPONSE_BYTES} bytes`,
    );
  return { kind: "result", result: JSON.parse(body) };
}

function readError(body: string): FunctionError {
  return FunctionError.parse(JSON.parse(body));
}

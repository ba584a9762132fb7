import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { type Connections, closeIdle, DEADLINE_PASSED, exchange } from "../http/exchange.ts";

/**
 * What one request to an AWS service may take, its answer included. They answer within milliseconds; one that has not
 * by then sits on a dead connection, and the SDK asks again.
 */
const REQUEST_MS = 3000;
/** DynamoDB answers with up to 1 MB, SSM and SQS with less. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
const MAX_HEADER_BYTES = 16_384;
/**
 * Connections to one service at a time. A hundred jobs in one call want a hundred, and a hundred handshakes at once
 * take longer than all their requests one after the other over a few.
 */
const MAX_SOCKETS = 16;

/** What the SDK's clients ask for: one request of an AWS service, body in memory. */
export interface AwsRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}
export interface AwsResponse {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array;
}

/** The SDK judges by name and code whether to ask again. */
class AwsRequestError extends Error {
  readonly code: string;

  constructor(code: string, cause?: unknown) {
    super(`the request to AWS failed (${code})`, { cause });
    this.name = code === DEADLINE_PASSED ? "TimeoutError" : "AwsRequestError";
    this.code = code;
  }
}

/**
 * The request handler of the AWS clients: the exchange this product makes everywhere, with a deadline, and with bodies
 * as bytes. The SDK's own waits for ever, and takes them through streams and four timers.
 */
export function awsRequestHandler(requestMs = REQUEST_MS) {
  // Kept for as long as the service keeps them, unlike those to others: the SDK makes a request again that meets a dead
  // one, and that it may not meet the next, none is left by then.
  const kept = { keepAlive: true, maxSockets: MAX_SOCKETS };
  const connections: Connections = {
    http: new HttpAgent(kept),
    https: new HttpsAgent(kept),
    maxHeaderBytes: MAX_HEADER_BYTES,
  };
  const urls = new Map<string, URL>();
  const urlOf = ({ protocol, hostname, port, path }: AwsRequest): URL => {
    const text = `${protocol}//${hostname}${port === undefined ? "" : `:${port}`}${path}`;
    const url = urls.get(text) ?? new URL(text);
    urls.set(text, url);
    return url;
  };
  return {
    metadata: { handlerProtocol: "http/1.1" },
    async handle(request: AwsRequest): Promise<{ response: AwsResponse }> {
      const { headers, body } = request;
      const answer = await exchange({
        connections,
        url: urlOf(request),
        method: "POST",
        headers,
        body: body ?? null,
        deadlineMs: requestMs,
        maxBytes: MAX_ANSWER_BYTES,
      });
      if (answer.kind === "failed") {
        closeIdle(connections);
        throw new AwsRequestError(answer.code, answer.error ?? undefined);
      }
      if (answer.cut) throw new AwsRequestError("ANSWER_TOO_LONG");
      return { response: { statusCode: answer.status, headers: answer.headers, body: answer.body } };
    },
    updateHttpClientConfig() {},
    httpHandlerConfigs: () => ({}),
    destroy() {
      connections.http.destroy();
      connections.https.destroy();
    },
  };
}

import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { type Connections, closeIdleConnections } from "../http/connections.ts";
import { DEADLINE_PASSED, sendHttpRequest } from "../http/send-http-request.ts";

/**
 * Time limit for one request to an AWS service, with its response. AWS services answer within milliseconds. A slower
 * request sits on a dead connection, and the SDK repeats it.
 */
const REQUEST_MS = 3000;
/** DynamoDB answers with at most 1 MB, SSM and SQS with less. */
const MAX_RESPONSE_BYTES = 4 * 1024 * 1024;
const MAX_HEADER_BYTES = 16_384;
/**
 * Connections to one service. A call of 100 jobs starts 100 requests, and 100 handshakes at once would take longer than
 * all requests one after the other over a few connections.
 */
const MAX_SOCKETS = 16;

/** The part of the SDK's request that is used here. Bodies are in memory. */
interface AwsRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** A request without a response. The SDK decides by name and code whether it repeats the request. */
class AwsRequestError extends Error {
  readonly code: string;

  constructor(code: string, cause?: unknown) {
    super(`the request to AWS failed (${code})`, { cause });
    this.name = code === DEADLINE_PASSED ? "TimeoutError" : "AwsRequestError";
    this.code = code;
  }
}

/**
 * Creates the request handler of the AWS clients. It uses the same exchange as all other requests of the product, with
 * a time limit. The SDK's own request handler has no time limit, and passes bodies through streams and four timers.
 */
export function awsRequestHandler(requestMs = REQUEST_MS) {
  // Connections stay open as long as the service keeps them. A request on a dead connection fails, and the SDK repeats
  // it. Before that, all idle connections are closed, so that the repetition does not meet another dead one.
  const agentOptions = { keepAlive: true, maxSockets: MAX_SOCKETS };
  const connections: Connections = {
    http: new HttpAgent(agentOptions),
    https: new HttpsAgent(agentOptions),
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
    async handle(request: AwsRequest) {
      const { headers, body } = request;
      const answer = await sendHttpRequest({
        connections,
        url: urlOf(request),
        method: "POST",
        headers,
        body: body ?? null,
        deadlineMs: requestMs,
        maxBytes: MAX_RESPONSE_BYTES,
      });
      if (answer.kind === "failed") {
        closeIdleConnections(connections);
        throw new AwsRequestError(answer.code, answer.error ?? undefined);
      }
      if (answer.isTruncated) throw new AwsRequestError("RESPONSE_TOO_LONG");
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

/**
 * The options of every AWS client. All clients share their connections. With `cacheMiddleware`, a client builds its
 * middleware once per command and not once per request.
 */
export const AWS_CLIENT = { cacheMiddleware: true, requestHandler: awsRequestHandler() } as const;

import { createHmac, createSecretKey, hash, type KeyObject } from "node:crypto";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { type Connections, closeIdleConnections, makeAgentUseProxy } from "../http/connections.ts";
import { parseHttpDate } from "../http/retry-after.ts";
import { DEADLINE_PASSED, sendHttpRequest } from "../http/send-http-request.ts";
import { correctSystemClockIfFarOff } from "./clock.ts";
import { OUTGOING_PROXY } from "./environment.ts";

/**
 * The time limit for one AWS request and its response. AWS normally responds within milliseconds. If a request takes
 * longer, its connection is probably broken. A slow request is ended, and the AWS SDK repeats it.
 */
const REQUEST_MS = 3000;
/** The maximum size of an AWS response. DynamoDB sends at most 1 MB, and SSM and SQS send less. */
const MAX_RESPONSE_BYTES = 4 * 1024 * 1024;
const MAX_HEADER_BYTES = 16_384;
/**
 * The maximum number of connections to an AWS service. A call with 100 jobs starts 100 AWS requests. To open 100
 * connections would take longer than to send these requests over a few connections.
 */
const MAX_SOCKETS = 16;

/** The used fields of an AWS request. The body of an AWS request is in memory. */
interface AwsRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/**
 * An AWS request got no response. The AWS SDK uses the name and the code of the error to decide whether to repeat the
 * request.
 */
class AwsRequestError extends Error {
  readonly code: string;

  constructor(code: string, cause?: unknown) {
    super(`the request to AWS failed (${code})`, { cause });
    this.name = code === DEADLINE_PASSED ? "TimeoutError" : "AwsRequestError";
    this.code = code;
  }
}

/**
 * Creates the HTTP request handler of the AWS clients. The request handler has a time limit and uses the product's own
 * HTTP code. The handler of the AWS SDK has no time limit. It also needs streams and four timers per request.
 */
export function createAwsRequestHandler(timeLimitMs = REQUEST_MS) {
  // Connections stay open until AWS closes them. A request on a dead connection fails, and the AWS SDK repeats it.
  // Before the AWS SDK repeats a request, all idle connections are closed, so that the request does not use another
  // dead connection.
  const agentOptions = { keepAlive: true, maxSockets: MAX_SOCKETS, rejectUnauthorized: true };
  const connections: Connections = {
    http: new HttpAgent(agentOptions),
    https: new HttpsAgent(agentOptions),
    maxHeaderBytes: MAX_HEADER_BYTES,
  };
  if (OUTGOING_PROXY !== null) makeAgentUseProxy(connections.https, OUTGOING_PROXY);
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
        body: body instanceof Uint8Array ? toText(body) : (body ?? null),
        timeLimitMs,
        maxBytes: MAX_RESPONSE_BYTES,
      });
      if (answer.kind === "failed") {
        closeIdleConnections(connections);
        throw new AwsRequestError(answer.code, answer.error ?? undefined);
      }
      const sentAt = parseHttpDate(answer.headers.date);
      if (sentAt !== null) correctSystemClockIfFarOff(sentAt);
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
 * Converts the JSON bytes of a request to text. Node.js sends headers and text in one write, but headers and bytes in
 * two writes. The conversion to text takes much less time than a second write.
 */
function toText({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString();
}

type KeyData = string | ArrayBuffer | ArrayBufferView;

/**
 * Computes the SHA-256 hashes in AWS signatures, with or without a key (HMAC). The AWS SDK would create a stream for
 * each hash, which takes several times longer.
 */
class RequestHash {
  readonly #key: KeyData | undefined;
  #data: Uint8Array = new Uint8Array();

  constructor(key?: KeyData) {
    this.#key = key;
  }

  update(data: Uint8Array): void {
    this.#data = this.#data.length === 0 ? data : Buffer.concat([this.#data, data]);
  }

  async digest(): Promise<Uint8Array> {
    return this.#key === undefined
      ? hash("sha256", this.#data, "buffer")
      : createHmac("sha256", toHmacKey(this.#key)).update(this.#data).digest();
  }

  reset(): void {
    this.#data = new Uint8Array();
  }
}

const keyObjects = new WeakMap<object, KeyObject>();

/**
 * Returns the same key in a form that `createHmac` need not convert. The AWS SDK signs with the same bytes for a day.
 * The conversion of these bytes at each request would take five times as long as the signature.
 */
function toHmacKey(key: KeyData): string | KeyObject {
  if (typeof key === "string") return key;
  const known = keyObjects.get(key);
  if (known !== undefined) return known;
  const bytes = ArrayBuffer.isView(key)
    ? new Uint8Array(key.buffer, key.byteOffset, key.byteLength)
    : new Uint8Array(key);
  const created = createSecretKey(bytes);
  keyObjects.set(key, created);
  return created;
}

/**
 * The options of every AWS client. All AWS clients share their connections. With `cacheMiddleware`, a client builds its
 * middleware only once per command.
 */
export const AWS_CLIENT = {
  cacheMiddleware: true,
  requestHandler: createAwsRequestHandler(),
  sha256: RequestHash,
} as const;

/** The part of an AWS client that `removeLogMiddleware` changes. */
interface ClientWithMiddleware {
  readonly middlewareStack: { remove(name: string): boolean };
}

/**
 * Removes the middleware that logs each request, and returns the client. The middleware copies the input and output of
 * each request, even without a logger. The copies need a twentieth of the CPU time of a poll.
 */
export function removeLogMiddleware<Client extends ClientWithMiddleware>(client: Client): Client {
  client.middlewareStack.remove("loggerMiddleware");
  return client;
}

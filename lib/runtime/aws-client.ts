import { createHmac, createSecretKey, hash, type KeyObject } from "node:crypto";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { getSchemaSerdePlugin } from "@smithy/core/schema";
import type { AuthScheme, RequestSigner } from "@smithy/types";
import { type Connections, closeIdleConnections, makeAgentUseProxy } from "../http/connections.ts";
import { parseHttpDate } from "../http/retry-after.ts";
import { DEADLINE_PASSED, sendHttpRequest } from "../http/send-http-request.ts";
import { correctSystemClockIfFarOff } from "./clock.ts";
import { OUTGOING_PROXY } from "./environment.ts";

/**
 * The time limit for one request to AWS, including the response. AWS usually responds within some milliseconds. After
 * the time limit, the service cancels the request, and the AWS SDK sends the request again.
 */
const REQUEST_MS = 3000;
/**
 * The maximum size of a response from AWS. A response from DynamoDB has at most 1 MB. Responses from SSM and SQS are
 * smaller.
 */
const MAX_RESPONSE_BYTES = 4 * 1024 * 1024;
const MAX_HEADER_BYTES = 16_384;
/**
 * The maximum number of connections to one AWS service. For 100 requests to AWS, 100 new connections would take more
 * time than a few connections.
 */
const MAX_SOCKETS = 16;

/**
 * The fields of an AWS request that the service uses. The field `body` contains the complete request body, and not a
 * stream.
 */
interface AwsRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/**
 * AWS did not respond to a request. The AWS SDK reads `name` and `code` of the error, and then decides whether to send
 * the request again.
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
 * Creates the object that sends the HTTP requests of the AWS clients. The object uses the HTTP code of this product,
 * which has a time limit for each request. The request handler of the AWS SDK has no time limit, and needs streams and
 * four timers for each request.
 */
export function createAwsRequestHandler(timeLimitMs = REQUEST_MS) {
  // A connection stays open until AWS closes it. The next request over a closed connection fails, and the AWS SDK sends
  // the request again. If a request fails because its connection was closed, the code also closes all idle connections.
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
 * Converts the body of a request from JSON bytes to text. If the body is text, Node.js writes the headers and the body
 * to the socket together. If the body is bytes, Node.js needs a second write, which takes more time than the
 * conversion.
 */
function toText({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString();
}

type KeyData = string | ArrayBuffer | ArrayBufferView;

/**
 * Computes the SHA-256 hashes in AWS signatures, with or without a key (HMAC). The AWS SDK would create a stream for
 * each hash. A hash with a stream takes several times longer than this class.
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
 * Returns the key in a form that `createHmac` can use without a conversion. The function stores the converted key,
 * because the AWS SDK uses the same key bytes for a whole day. A conversion of the key for each request would take five
 * times as long as the signature.
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
 * The options that every AWS client gets. All AWS clients use the same connections. With `cacheMiddleware`, a client
 * builds its middleware once for each command, and not for each request.
 */
export const AWS_CLIENT = {
  cacheMiddleware: true,
  requestHandler: createAwsRequestHandler(),
  sha256: RequestHash,
} as const;

/** The parts of an AWS client that `reduceCpuTimePerRequest` changes. */
interface AwsClient {
  config: Parameters<typeof getSchemaSerdePlugin>[0] & {
    signer: (scheme?: AuthScheme) => Promise<RequestSigner>;
  };
  readonly middlewareStack: {
    remove(name: string): boolean;
    use(plugin: ReturnType<typeof getSchemaSerdePlugin>): void;
  };
}

/**
 * Changes a new AWS client so that its requests need less CPU time, and returns the client. The requests stay the same.
 * A poll needs about 14 % less CPU time (docs/performance.md).
 */
export function reduceCpuTimePerRequest<Client extends AwsClient>(client: Client): Client {
  // Even without a logger, the log middleware copies the input and output of each request.
  client.middlewareStack.remove("loggerMiddleware");
  // The SDK would create a signer for each request.
  const { signer: createSigner } = client.config;
  let signer: Promise<RequestSigner> | undefined;
  client.config.signer = (scheme) => {
    signer ??= createSigner(scheme);
    return signer;
  };
  // The SDK copies the whole config several times for each request. V8 stores the original config as a hash table,
  // because the SDK has added its fields one by one. V8 copies a copy of the config 30 times faster than the original.
  client.config = { ...client.config };
  client.middlewareStack.use(getSchemaSerdePlugin(client.config));
  return client;
}

import {
  Agent,
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
  request as sendRequest,
} from "node:http";
import { parseJsonOrUndefined, toObjectOrEmpty } from "../../lib/domain/json.ts";
import { AwsError, accessKeyIdOf } from "./aws-error.ts";
import type { AwsReply } from "./aws-reply.ts";
import { callRequestListener } from "./call-request-listener.ts";
import { type LocalServer, listenLocally } from "./local-server.ts";
import { CREDENTIALS } from "./start-sqs.ts";

type AwsInput = Readonly<Record<string, unknown>>;

/** A call of an AWS service in an AWS JSON protocol. */
export interface AwsCall {
  readonly service: "sqs" | "dynamodb" | "ssm";
  /**
   * The operation of the call, such as `SendMessage`. `operation` is empty if the call does not use an AWS JSON
   * protocol.
   */
  readonly operation: string;
  readonly input: AwsInput;
  readonly accessKeyId: string;
  readonly sessionToken: string | null;
}

/**
 * A rule that AWS has and the local server does not have, for example a size limit. The rule can refuse a call, change
 * its input or change its reply. A rule calls the function `next` to pass the AWS call to the next rule. If the last
 * rule calls `next`, the AWS call goes to the local server.
 * @throws AwsError if a rule of the local server refuses the call, as AWS would.
 */
export type AwsRule = (call: AwsCall, next: (input?: AwsInput) => Promise<AwsReply>) => Promise<AwsReply>;

/**
 * Starts an HTTP server that applies rules to each call of an AWS service. If no rule refuses a call, the server
 * forwards the call to the server at the URL `upstream`.
 */
export async function startAwsEndpoint(options: {
  service: AwsCall["service"];
  upstream: string;
  /** The request listener of the server at `upstream`, if the server runs in this process. */
  upstreamListener?: RequestListener | null;
  rules: readonly AwsRule[];
  /** The access key ID in all requests that this server forwards to `upstream`. */
  upstreamAccessKeyId?: string;
}): Promise<LocalServer> {
  const { service, upstream, upstreamListener = null, rules } = options;
  const { upstreamAccessKeyId = CREDENTIALS.accessKeyId } = options;
  const { hostname: host, port } = new URL(upstream);
  const agent = new Agent({ keepAlive: true });
  const running = new Set<Promise<AwsReply>>();

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<AwsReply> {
    const body = await readBody(request);
    const call: AwsCall = {
      service,
      operation:
        String(request.headers["x-amz-target"] ?? "")
          .split(".")
          .at(-1) ?? "",
      input: toObjectOrEmpty(parseJsonOrUndefined(body.toString())),
      accessKeyId: accessKeyIdOf(request),
      sessionToken: [request.headers["x-amz-security-token"]].flat()[0] ?? null,
    };
    const send = (input: AwsInput) =>
      forward(request, input === call.input ? body : Buffer.from(JSON.stringify(input)), response);
    const chain = rules.reduceRight(
      (next, rule) => (input: AwsInput) => rule({ ...call, input }, (changed = input) => next(changed)),
      send,
    );
    return chain(call.input);
  }

  /**
   * Sends a request to the upstream server, and ends the request if the caller closes the connection. All requests have
   * the same access key, because DynamoDB Local creates a separate database for each access key.
   */
  function forward(
    { method, url: path, headers: { "content-length": _, ...headers } }: IncomingMessage,
    body: Buffer,
    caller: ServerResponse,
  ): Promise<AwsReply> {
    const authorization = headers.authorization?.replace(
      /Credential=[^/]+\//,
      `Credential=${upstreamAccessKeyId}/`,
    );
    const sentHeaders = { ...headers, ...(authorization && { authorization }) };
    if (upstreamListener !== null)
      return callRequestListener(upstreamListener, { method, url: path, headers: sentHeaders }, body);
    return new Promise((resolve, reject) => {
      const sent = sendRequest({ host, port, path, method, agent, headers: sentHeaders }, (response) => {
        readBody(response).then(
          (received) =>
            resolve({ status: response.statusCode ?? 500, headers: response.headers, body: received }),
          reject,
        );
      });
      sent.once("error", reject).end(body);
      if (caller.closed) sent.destroy();
      else caller.once("close", () => sent.destroy());
    });
  }

  const server = createServer(async (request, response) => {
    const reply = answer(request, response);
    running.add(reply);
    try {
      const { status, headers, body } = await reply;
      const { "transfer-encoding": _, ...kept } = headers;
      response.writeHead(status, { ...kept, "content-length": body.length }).end(body);
    } catch (error) {
      if (!(error instanceof AwsError)) response.destroy();
      else response.writeHead(error.status, error.headers).end(error.body);
    } finally {
      running.delete(reply);
    }
  });
  const local = await listenLocally(server);
  return {
    url: local.url,
    async stop() {
      await local.stop();
      // After this wait, the caller can stop the server at `upstream`. Otherwise, a running call would fail there.
      await Promise.allSettled(running);
      agent.destroy();
    },
  };
}

/**
 * Reads the body of a message. The function `buffer` of Node.js is not used, because it needs several times more CPU
 * time.
 */
function readBody(message: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    message
      .on("data", (chunk: Buffer) => chunks.push(chunk))
      .once("end", () => resolve(Buffer.concat(chunks)))
      .once("error", reject);
  });
}

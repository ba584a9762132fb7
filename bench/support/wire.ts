import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import * as z from "zod";
import type { SelfSignedCertificate } from "../../local/cce/self-signed-certificate.ts";

/** A recorded request of a measured function. The bench counts the recorded requests by service and operation. */
export interface WireRequest {
  readonly service: "ledger" | "queue" | "config" | "cce" | "receiver";
  /** The AWS operation, such as `SendMessageBatch`, or the HTTP method of a request to another service. */
  readonly operation: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A function that answers requests to DynamoDB, either from an embedded server or from recorded replies. */
export type LedgerReplies = (
  requests: WireRequest,
) => Promise<{ readonly status: number; readonly body: string }>;

const ParameterRequest = z.object({ Path: z.string().optional(), Names: z.array(z.string()).optional() });
const Batch = z.looseObject({
  Entries: z.array(z.looseObject({ Id: z.string(), MessageBody: z.optional(z.string()) })),
});

/**
 * A local server that replaces the AWS services, CCE and the target for a measured function. The server answers
 * immediately and records the requests. The server answers all CCE requests with the same job. The server accepts the
 * messages that functions send to queues, but never delivers these messages.
 */
export class Wire {
  ledger: LedgerReplies = async () => ({ status: 500, body: "{}" });
  job: (jobId: string) => string = () => "{}";
  config: readonly { readonly name: string; readonly value: string }[] = [];
  configPath = "/";
  /**
   * The requests that were recorded after the last call of `clear`. If `records` is false, the local server does not
   * record requests.
   */
  requests: WireRequest[] = [];
  records = true;
  /** The response time of each service in milliseconds. By default, a service responds immediately. */
  delaysMs: Readonly<Partial<Record<WireRequest["service"], number>>> = {};
  readonly counts = new Map<string, number>();
  readonly #server;
  readonly #origin: string;

  /**
   * @param certificate the certificate of the host `localhost`. If `certificate` is null, the server uses HTTP without
   * TLS.
   */
  constructor(certificate: SelfSignedCertificate | null = null) {
    const listener = (request: IncomingMessage, response: ServerResponse) => {
      this.#answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
    };
    this.#origin = certificate === null ? "http://127.0.0.1" : "https://localhost";
    this.#server =
      certificate === null
        ? createServer(listener)
        : createTlsServer(
            {
              cert: certificate.pem,
              key: certificate.privateKey.export({ type: "pkcs8", format: "pem" }),
            },
            listener,
          );
  }

  async listen(): Promise<string> {
    this.#server.keepAliveTimeout = 60_000;
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `${this.#origin}:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  clear(): void {
    this.requests = [];
    this.counts.clear();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const received = await readRequest(request);
    const id = `${received.service} ${received.operation}`;
    this.counts.set(id, (this.counts.get(id) ?? 0) + 1);
    if (this.records) this.requests.push(received);
    const { status, body } = await this.#reply(received);
    const delayMs = this.delaysMs[received.service];
    if (delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, delayMs));
    response.writeHead(status, { "content-type": "application/json" }).end(body);
  }

  async #reply(request: WireRequest): Promise<{ status: number; body: string }> {
    switch (request.service) {
      case "ledger":
        return this.ledger(request);
      case "queue":
        return { status: 200, body: acceptBatch(request.body) };
      case "config":
        return { status: 200, body: JSON.stringify({ Parameters: this.#findParameters(request.body) }) };
      case "cce":
        return { status: 200, body: this.job(request.path.split("/").at(-1) ?? "") };
      case "receiver":
        return { status: 200, body: "ok" };
      default:
        return request.service satisfies never;
    }
  }

  /** Returns the config parameters below the path, or with the names, in an SSM request. */
  #findParameters(body: string) {
    const { Path, Names } = ParameterRequest.parse(JSON.parse(body));
    return this.config
      .map(({ name, value }) => ({
        Name: `${this.configPath}/${name}`,
        Value: value,
        Version: 1,
        LastModifiedDate: 0,
      }))
      .filter(({ Name }) => Names?.includes(Name) ?? Name.startsWith(`${Path}/`));
  }
}

async function readRequest(request: IncomingMessage): Promise<WireRequest> {
  const body = await text(request);
  const [api, operation] = String(request.headers["x-amz-target"] ?? "").split(".");
  const path = request.url ?? "/";
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  );
  const base = { path, headers, body };
  if (api !== undefined && operation !== undefined) {
    const service = api.startsWith("DynamoDB") ? "ledger" : api === "AmazonSQS" ? "queue" : "config";
    return { service, operation, ...base };
  }
  return {
    service: path.includes("/jobs/") ? "cce" : "receiver",
    operation: request.method ?? "GET",
    ...base,
  };
}

function acceptBatch(body: string): string {
  const { Entries } = Batch.parse(JSON.parse(body));
  const Successful = Entries.map(({ Id, MessageBody }) => ({
    Id,
    ...(MessageBody !== undefined && {
      MessageId: Id,
      MD5OfMessageBody: createHash("md5").update(MessageBody).digest("hex"),
    }),
  }));
  return JSON.stringify({ Successful, Failed: [] });
}

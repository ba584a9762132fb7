import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import * as z from "zod";

/** One request as it came, for counting and for the floor, which makes it again. */
export interface Heard {
  readonly service: "ledger" | "queue" | "config" | "cce" | "receiver";
  /** An AWS operation, or an HTTP method. */
  readonly operation: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Answers the ledger's requests: an embedded server, or a tape of its answers. */
export type LedgerAnswers = (heard: Heard) => Promise<{ readonly status: number; readonly body: string }>;

const Batch = z.looseObject({
  Entries: z.array(z.looseObject({ Id: z.string(), MessageBody: z.string() })),
});

/**
 * All services a function speaks with, on one local port: it answers at once and remembers what it was asked. CCE
 * shows the same job to everybody; queues swallow what they are sent.
 */
export class Wire {
  ledger: LedgerAnswers = async () => ({ status: 500, body: "{}" });
  job: (jobId: string) => string = () => "{}";
  config: readonly { readonly name: string; readonly value: string }[] = [];
  configPath = "/";
  /** What came since it was last emptied; counting alone is cheaper, so it is kept only while wanted. */
  heard: Heard[] = [];
  remembers = true;
  readonly counts = new Map<string, number>();
  readonly #server: Server = createServer((request, response) => {
    this.#answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });

  async listen(): Promise<string> {
    this.#server.keepAliveTimeout = 60_000;
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  forget(): void {
    this.heard = [];
    this.counts.clear();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const heard = await hear(request);
    const id = `${heard.service} ${heard.operation}`;
    this.counts.set(id, (this.counts.get(id) ?? 0) + 1);
    if (this.remembers) this.heard.push(heard);
    const { status, body } = await this.#reply(heard);
    response.writeHead(status, { "content-type": "application/json" }).end(body);
  }

  async #reply(heard: Heard): Promise<{ status: number; body: string }> {
    switch (heard.service) {
      case "ledger":
        return this.ledger(heard);
      case "queue":
        return { status: 200, body: heard.operation === "SendMessageBatch" ? accepted(heard.body) : "{}" };
      case "config":
        return { status: 200, body: JSON.stringify({ Parameters: this.#parameters() }) };
      case "cce":
        return { status: 200, body: this.job(heard.path.split("/").at(-1) ?? "") };
      case "receiver":
        return { status: 200, body: "ok" };
      default:
        return heard.service satisfies never;
    }
  }

  #parameters() {
    return this.config.map(({ name, value }) => ({ Name: `${this.configPath}/${name}`, Value: value }));
  }
}

async function hear(request: IncomingMessage): Promise<Heard> {
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

function accepted(body: string): string {
  const { Entries } = Batch.parse(JSON.parse(body));
  const Successful = Entries.map(({ Id, MessageBody }) => ({
    Id,
    MessageId: Id,
    MD5OfMessageBody: createHash("md5").update(MessageBody).digest("hex"),
  }));
  return JSON.stringify({ Successful, Failed: [] });
}

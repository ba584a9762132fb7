import { type IncomingMessage, type RequestListener, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import type { AwsReply } from "./aws-reply.ts";

/**
 * Calls the request listener of an HTTP server in this process, without a network connection: a connection needs more
 * CPU time than most requests. The listener must write the whole response with one call of `end`.
 */
export function callRequestListener(
  listener: RequestListener,
  { method, url, headers }: Pick<IncomingMessage, "method" | "url" | "headers">,
  body: Buffer,
): Promise<AwsReply> {
  const stream = new Readable({ read() {} });
  stream.push(body);
  stream.push(null);
  const request = Object.assign(stream, { method, url, headers }) as unknown as IncomingMessage;
  const response = new CapturedResponse(request);
  listener(request, response);
  return response.reply.promise;
}

class CapturedResponse extends ServerResponse {
  readonly reply = Promise.withResolvers<AwsReply>();

  override end(body?: unknown): this {
    this.reply.resolve({
      status: this.statusCode,
      headers: this.getHeaders(),
      body: Buffer.from(typeof body === "string" ? body : ""),
    });
    return this;
  }
}

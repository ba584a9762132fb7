import type { Socket } from "node:net";
import { createEgress } from "../../../../lib/http/egress.ts";
import { EgressRefusedError, type EgressRule } from "../../../../lib/http/egress-rules.ts";
import {
  type HttpRequest,
  type HttpResult,
  sendHttpRequest,
} from "../../../../lib/http/send-http-request.ts";
import { hangUp } from "./hang-up.ts";
import { startReceiver, startTcp } from "./receiver.ts";

const open: { close(): unknown }[] = [];
/** Closes all servers and connections that the functions of this file have opened. */
export async function closeAll(): Promise<void> {
  for (const opened of open.splice(0)) await opened.close();
}

/** Registers a server or connection that `closeAll` closes. */
export const closeLater = (opened: { close(): unknown }): number => open.push(opened);

/**
 * The result of a request. In a failure, `rule` replaces the error, the headers and the body, and names the rule that
 * refused the address.
 */
export type RuledResult =
  | Extract<HttpResult, { kind: "answer" }>
  | (Omit<Extract<HttpResult, { kind: "failed" }>, "error" | "headers" | "body"> & {
      readonly rule: EgressRule | null;
    });

export async function sendWithRule(request: HttpRequest): Promise<RuledResult> {
  const result = await sendHttpRequest(request);
  if (result.kind === "answer") return result;
  const { kind, code, error, status } = result;
  return { kind, code, rule: error instanceof EgressRefusedError ? error.rule : null, status };
}

/**
 * Creates a function that sends POST requests to a port of this machine.
 * @param onChunk is called with each part of a response.
 */
export function caller(
  onChunk?: HttpRequest["onChunk"],
): (port: number, timeLimitMs?: number, scheme?: string) => Promise<RuledResult> {
  const connections = createEgress(["127.0.0.1"]);
  open.push({ close: () => hangUp(connections) });
  return (port: number, timeLimitMs = 5000, scheme = "http") =>
    sendWithRule({
      connections,
      url: new URL(`${scheme}://127.0.0.1:${port}/hook`),
      method: "POST",
      headers: { "accept-encoding": "identity" },
      body: Buffer.from("{}"),
      timeLimitMs,
      maxBytes: 16_384,
      ...(onChunk && { onChunk }),
    });
}

export async function tcp(serve: (socket: Socket) => void) {
  const started = await startTcp(serve);
  open.push(started);
  return started;
}

export async function http(answer: Parameters<typeof startReceiver>[0]) {
  const started = await startReceiver(answer);
  open.push(started);
  return started;
}

import type { Socket } from "node:net";
import { openEgress } from "../../../../lib/http/egress.ts";
import { type Exchanged, exchange } from "../../../../lib/http/guarded-exchange.ts";
import { hangUp } from "./hang-up.ts";
import { startReceiver, startTcp } from "./receiver.ts";

const open: { close(): unknown }[] = [];
/** Closes what the functions below have opened. */
export async function closeAll(): Promise<void> {
  for (const opened of open.splice(0)) await opened.close();
}

/** Closes this with the rest. */
export const closeLater = (opened: { close(): unknown }): number => open.push(opened);

/** Posts to a port of this machine. */
export function caller(): (port: number, deadlineMs?: number, scheme?: string) => Promise<Exchanged> {
  const { connections } = openEgress(["127.0.0.1"]);
  open.push({ close: () => hangUp(connections) });
  return (port: number, deadlineMs = 5000, scheme = "http") =>
    exchange({
      connections,
      url: new URL(`${scheme}://127.0.0.1:${port}/hook`),
      method: "POST",
      headers: { "accept-encoding": "identity" },
      body: Buffer.from("{}"),
      deadlineMs,
      maxBytes: 16_384,
    });
}

export async function tcp(speak: (socket: Socket) => void) {
  const started = await startTcp(speak);
  open.push(started);
  return started;
}

export async function http(answer: Parameters<typeof startReceiver>[0]) {
  const started = await startReceiver(answer);
  open.push(started);
  return started;
}

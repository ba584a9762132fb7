import { type Attempted, type Delivery, deliver } from "../../../../lib/channels/deliver.ts";
import type { TargetKind } from "../../../../lib/channels/targets.ts";
import { type Egress, openEgress } from "../../../../lib/http/egress.ts";
import { hangUp } from "../../http/support/hang-up.ts";
import { type Answering, type Received, startReceiver } from "../../http/support/receiver.ts";
import { targetOf } from "./targets.ts";

const open: { close(): unknown }[] = [];
/** Closes what the functions below have opened. */
export async function closeAll(): Promise<void> {
  for (const opened of open.splice(0)) await opened.close();
}

/** Closes this with the rest. */
export const closeLater = (opened: { close(): unknown }): number => open.push(opened);

/** A way out that is closed with the rest. */
export function egress(...parameters: Parameters<typeof openEgress>): Egress {
  const opened = openEgress(...parameters);
  open.push({ close: () => hangUp(opened.connections) });
  return opened;
}

export const PAYLOAD = { type: "job.failed", text: "größer ›" };
export const NOW = Date.now();

/** One attempt at a target of this kind whose receiver answers so. */
export async function attempt(
  kind: TargetKind,
  answer: Answering,
  changes: Partial<Delivery> = {},
): Promise<{ attempted: Attempted; received: Received[] }> {
  const receiver = await startReceiver(answer);
  open.push(receiver);
  const attempted = await deliver({
    target: targetOf(kind, `http://127.0.0.1:${receiver.port}/hook?key=a%20b`),
    message: { payload: PAYLOAD, fallback: null },
    webhookId: "msg_1",
    now: NOW,
    budgetMs: 5000,
    allow: [],
    egress: egress(["127.0.0.1"]),
    ...changes,
  });
  return { attempted, received: receiver.received };
}

import type { ServerResponse } from "node:http";
import { jest } from "@jest/globals";
import {
  type AttemptResult,
  attemptDeliveryWithFallback,
  type DeliveryRequest,
} from "../../../../lib/channels/attempt-delivery.ts";
import type { NotificationContent } from "../../../../lib/channels/channel.ts";
import type { TargetKind } from "../../../../lib/channels/registry.ts";
import { getCachedSecretMask } from "../../../../lib/domain/cached-secret-mask.ts";
import { createEgress, type Egress } from "../../../../lib/http/egress.ts";
import { eventually } from "../../../support/eventually.ts";
import { fakeTimeouts } from "../../../support/fake-timeouts.ts";
import { hangUp } from "../../http/support/hang-up.ts";
import { type Answering, type Received, startReceiver } from "../../http/support/receiver.ts";
import { targetOf } from "./targets.ts";

const open: { close(): unknown }[] = [];
/** Closes all servers and connections that the functions of this file have opened. */
export async function closeAll(): Promise<void> {
  for (const opened of open.splice(0)) await opened.close();
}

/** Registers a server or connection that `closeAll` closes. */
export const closeLater = (opened: { close(): unknown }): number => open.push(opened);

/** Opens an egress that `closeAll` closes. */
export function egress(...parameters: Parameters<typeof createEgress>): Egress {
  const opened = createEgress(...parameters);
  open.push({ close: () => hangUp(opened) });
  return opened;
}

export const CONTENT: NotificationContent = { kind: "test", target: "größer ›", caller: "token:ci", at: 0 };
export const NOW = Date.now();

/** Makes one delivery attempt to a target of the given kind. The target's receiver answers with `answer`. */
export async function attempt(
  kind: TargetKind,
  answer: Answering,
  changes: Partial<DeliveryRequest> = {},
): Promise<{ result: AttemptResult; received: Received[] }> {
  const receiver = await startReceiver(answer);
  open.push(receiver);
  const target = targetOf(kind, `http://127.0.0.1:${receiver.port}/hook?key=a%20b`);
  const result = await attemptDeliveryWithFallback({
    target,
    content: CONTENT,
    webhookId: "msg_1",
    now: NOW,
    timeLimitMs: 5000,
    allow: [],
    mask: getCachedSecretMask(target),
    egress: egress(["127.0.0.1"]),
    ...changes,
  });
  return { result, received: receiver.received };
}

/**
 * Makes one delivery attempt. Its time limit is over as soon as the client has read all that `answer` has written,
 * unless the attempt has ended before.
 */
export async function attemptUntilTimeLimit(kind: TargetKind, answer: Answering): Promise<AttemptResult> {
  const timeLimitMs = 1000;
  const client = egress(["127.0.0.1"]);
  let response: ServerResponse | undefined;
  let hasEnded = false;
  fakeTimeouts();
  try {
    const attempted = attempt(
      kind,
      (request, answering) => {
        response = answering;
        answer(request, answering);
      },
      { egress: client, timeLimitMs },
    );
    const end = () => {
      hasEnded = true;
    };
    attempted.then(end, end);
    const hasRead = () => {
      const written = response?.socket?.bytesWritten ?? 0;
      const sockets = Object.values(client.http.sockets).flatMap((open) => open ?? []);
      return written > 0 && sockets.some(({ bytesRead }) => bytesRead === written);
    };
    await eventually("the answer or the end of the attempt", () => hasEnded || hasRead());
    jest.advanceTimersByTime(timeLimitMs);
    return (await attempted).result;
  } finally {
    jest.useRealTimers();
  }
}
